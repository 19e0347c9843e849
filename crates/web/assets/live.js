// @ts-check
export function live() {}
