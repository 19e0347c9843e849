// @ts-check
export function lanes(root) {}
