// csrf returns the session's CSRF token, which pages of other sites can't read.
export const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";
