package dev.scaling.concurrency.collapse;

/**
 * The numbers of a collapser since it was built.
 *
 * @param leaders calls that started an execution
 * @param followers calls that shared one that was under way
 * @param retries executions that followers had after that of their leader failed
 * @param abandoned executions that were cancelled since all their callers had left
 * @param underWay executions that a caller may join now
 */
public record CollapserSnapshot(
    long leaders, long followers, long retries, long abandoned, int underWay) {}
