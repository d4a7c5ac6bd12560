package dev.scaling.concurrency.limit;

import org.jspecify.annotations.Nullable;

/**
 * A decision, and what is needed to take it back.
 *
 * @param grant what the store granted, if it decided
 */
record Outcome(Decision decision, @Nullable Grant grant) {}
