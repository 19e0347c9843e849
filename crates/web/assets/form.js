// @ts-check
export function forms(root) {}
