/**
 * The path that the server is mounted at, with a slash at its end: '/' or '/prefix/'. Every route
 * of the page is one segment below it.
 */
export const basePath = window.location.pathname.replace(/[^/]*$/, '')
