/**
 * A model of two-tier cache-aside protocols, small enough to visit every state it can reach.
 *
 * <p>Start at {@link dev.scaling.cache.protocol.Explorer}, which says what the model assumes; the
 * protocols are listed in {@link dev.scaling.cache.protocol.PublishedVariants} and
 * {@link dev.scaling.cache.protocol.ShippedVariants}. The model argues about the protocol, never
 * about the code that implements it: other tests do that.
 */
@NullMarked
package dev.scaling.cache.protocol;

import org.jspecify.annotations.NullMarked;
