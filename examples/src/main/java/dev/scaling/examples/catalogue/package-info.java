/**
 * A catalogue of products, served by two instances over a real database and a real Redis, and the
 * driver that sends a trace of requests through them and checks what the cache promises.
 *
 * <p>Start at {@link dev.scaling.examples.catalogue.CatalogueService} to see how a service uses the
 * cache, and at {@link dev.scaling.examples.catalogue.CatalogueMain} to run it.
 */
@NullMarked
package dev.scaling.examples.catalogue;

import org.jspecify.annotations.NullMarked;
