// What nearly every cell and every check imports: it is fetched while Python starts, and kept for the next visit.
export const ALWAYS = ["numpy", "lark", "derivations"];
