package dev.scaling.resilience.shed;

/** What becomes of a request. */
enum Verdict {
  ADMITTED,
  SHED,
  QUOTA,
  DEADLINE
}
