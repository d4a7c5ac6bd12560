/**
 * What every scaling module shares: the time seam ({@link dev.scaling.core.Time}) and the root of
 * the exceptions ({@link dev.scaling.core.ScalingException}).
 *
 * <p>Nothing in this package talks to the network.
 */
package dev.scaling.core;
