// Labels keys as on the user's keyboard: data-mac holds the label on a Mac.
export const mac = /Mac|iP/.test(navigator.platform);

if (mac) for (const key of document.querySelectorAll("[data-mac]")) key.textContent = key.dataset.mac;
