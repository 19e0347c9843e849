// @ts-check
export function find() {}
