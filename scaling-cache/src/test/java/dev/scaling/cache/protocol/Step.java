package dev.scaling.cache.protocol;

/**
 * One atomic step out of a state.
 *
 * @param label who did what; no two steps out of one state share it, so that paths can be replayed
 * @param next the state it leads to
 */
record Step(String label, State next) {}
