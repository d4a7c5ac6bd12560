package dev.scaling.examples.catalogue;

import dev.scaling.cache.CacheSnapshot;

/**
 * What an instance has counted since it started, or what several have between two moments.
 *
 * @param queries statements that it sent to the database
 * @param pageQueries those of them that read a product's page
 */
record Stats(long queries, long pageQueries, long localHits, long remoteHits, long loads) {

  static final Stats NONE = new Stats(0, 0, 0, 0, 0);

  static Stats of(ProductRepository products, CacheSnapshot cache) {
    return new Stats(
        products.queries(),
        products.pageQueries(),
        cache.localHits(),
        cache.remoteHits(),
        cache.loads());
  }

  Stats plus(Stats other) {
    return new Stats(
        queries + other.queries,
        pageQueries + other.pageQueries,
        localHits + other.localHits,
        remoteHits + other.remoteHits,
        loads + other.loads);
  }

  Stats minus(Stats earlier) {
    return new Stats(
        queries - earlier.queries,
        pageQueries - earlier.pageQueries,
        localHits - earlier.localHits,
        remoteHits - earlier.remoteHits,
        loads - earlier.loads);
  }
}
