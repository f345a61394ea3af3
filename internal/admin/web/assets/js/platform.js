// Keys are called as they are on the machine: data-mac is what a Mac has there.
export const mac = /Mac|iP/.test(navigator.platform);

if (mac) for (const key of document.querySelectorAll("[data-mac]")) key.textContent = key.dataset.mac;
