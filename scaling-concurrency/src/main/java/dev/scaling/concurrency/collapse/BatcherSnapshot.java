package dev.scaling.concurrency.collapse;

/**
 * The numbers of a batcher since it was built.
 *
 * @param leaders calls that brought a key into a batch
 * @param followers calls for a key that was in the waiting batch already
 * @param batches bulk calls, the parts of those that were split among them
 * @param keys keys that bulk calls were made with; those of a part count again
 * @param failures bulk calls that failed as a whole
 * @param abandoned batches that were interrupted since all their callers had left
 * @param pending keys that wait for their batch to leave now
 * @param underWay batches under way now
 */
public record BatcherSnapshot(
    long leaders,
    long followers,
    long batches,
    long keys,
    long failures,
    long abandoned,
    int pending,
    int underWay) {}
