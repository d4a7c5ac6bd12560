package dev.scaling.cache.protocol;

import java.util.List;
import java.util.Optional;

/**
 * What an {@link Explorer} found.
 *
 * @param states how many different states it visited
 * @param ends how many of them were at rest
 * @param isComplete whether it visited every state that can be reached
 * @param counterexample the labels of a shortest path to a state that is stale at rest, if any
 */
record Exploration(
    int states, int ends, boolean isComplete, Optional<List<String>> counterexample) {}
