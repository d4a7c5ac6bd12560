package dev.scaling.cache;

import org.jspecify.annotations.Nullable;

/**
 * What became of an {@code update}.
 *
 * @param result what the write returned
 * @param fenced whether the fence is known to have stood from before the write until after it. If
 *     not, as after a pause of the process longer than the fence, an old value may have been served
 *     from the cache until the update ended; it has been invalidated since
 */
public record Written<R extends @Nullable Object>(R result, boolean fenced) {}
