/**
 * Benchmarks, and the scorecard that measures this library beside its peers.
 *
 * <p>Start at {@link dev.scaling.jmh.Scorecard}. Nothing here is published.
 */
@NullMarked
package dev.scaling.jmh;

import org.jspecify.annotations.NullMarked;
