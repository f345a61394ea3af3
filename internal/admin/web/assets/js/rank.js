// Finds the entries that match the user's input, best match first. Each word of the input must
// be in the name, the slug or the keywords. If nothing matches, it is enough that the letters of
// each word occur in order, with others in between.
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

export function prepared(place) {
  const name = plain(place.name), label = plain(`${place.verb} ${place.name}`).trim();
  return { ...place, plain: { name, label, slug: plain(place.slug), words: plain(place.words) } };
}

export function rank(places, text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return places.filter((place) => !place.verb);
  const found = sorted(places, words, score);
  return found.length ? found : sorted(places, words, ({ label, slug }, word) => (scattered(label, word) || scattered(slug, word) ? 1 : 0));
}

function sorted(places, words, score) {
  const found = [];
  places.forEach((place, index) => {
    let sum = place.verb ? -5 : 0;
    for (const word of words) {
      const points = score(place.plain, word);
      if (points === 0) return;
      sum += points;
    }
    if (place.plain.label === words.join(" ") || place.plain.slug === words.join(" ")) sum += 50;
    found.push({ place, sum, index });
  });
  return found.sort((a, b) => b.sum - a.sum || a.index - b.index).map(({ place }) => place);
}

function score({ name, label, slug, words }, word) {
  if (name.startsWith(word) || label.startsWith(word) || slug.startsWith(word)) return 80;
  if (begins(label, word) || begins(slug, word)) return 60;
  if (label.includes(word) || slug.includes(word)) return 40;
  return begins(words, word) ? 30 : 0;
}

// begins reports whether a word of text begins with word.
function begins(text, word) {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1])) return true;
  }
  return false;
}

function scattered(text, word) {
  let at = 0;
  for (const letter of word) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
