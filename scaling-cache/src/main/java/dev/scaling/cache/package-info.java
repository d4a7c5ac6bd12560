/**
 * A two-tier cache-aside without races: a local tier in front of Redis in front of the source.
 *
 * <p>Start at {@link dev.scaling.cache.TieredCache#builder}. The cache never throws for trouble
 * with Redis where a value can be had from the source, and never hides an invalidation that was not
 * delivered.
 */
package dev.scaling.cache;
