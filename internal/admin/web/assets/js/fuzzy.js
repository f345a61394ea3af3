// Finds the entries that match the user's input, best match first. Each word of the input must
// be in the name, the slug or the keywords. If nothing matches, it is enough that the letters of
// each word occur in order, with others in between.
const normalize = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

export function prepareItem(item) {
  const name = normalize(item.name), label = normalize(`${item.verb} ${item.name}`).trim();
  return { ...item, normalized: { name, label, slug: normalize(item.slug), keywords: normalize(item.keywords) } };
}

export function fuzzySearch(items, text) {
  const words = normalize(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return items.filter((item) => !item.verb);
  const found = sortByScore(items, words, score);
  return found.length ? found : sortByScore(items, words, ({ label, slug }, word) => (isSubsequence(label, word) || isSubsequence(slug, word) ? 1 : 0));
}

function sortByScore(items, words, score) {
  const found = [];
  items.forEach((item, index) => {
    let sum = item.verb ? -5 : 0;
    for (const word of words) {
      const points = score(item.normalized, word);
      if (points === 0) return;
      sum += points;
    }
    if (item.normalized.label === words.join(" ") || item.normalized.slug === words.join(" ")) sum += 50;
    found.push({ item, sum, index });
  });
  return found.sort((a, b) => b.sum - a.sum || a.index - b.index).map(({ item }) => item);
}

function score({ name, label, slug, keywords }, word) {
  if (name.startsWith(word) || label.startsWith(word) || slug.startsWith(word)) return 80;
  if (hasWordPrefix(label, word) || hasWordPrefix(slug, word)) return 60;
  if (label.includes(word) || slug.includes(word)) return 40;
  return hasWordPrefix(keywords, word) ? 30 : 0;
}

// hasWordPrefix reports whether a word of text begins with word.
function hasWordPrefix(text, word) {
  for (let position = text.indexOf(word); position >= 0; position = text.indexOf(word, position + 1)) {
    if (position === 0 || !/[\p{L}\p{N}]/u.test(text[position - 1])) return true;
  }
  return false;
}

function isSubsequence(text, word) {
  let position = 0;
  for (const letter of word) {
    position = text.indexOf(letter, position) + 1;
    if (position === 0) return false;
  }
  return true;
}
