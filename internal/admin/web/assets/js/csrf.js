// The session's token, which another site's page can't read.
export const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";
