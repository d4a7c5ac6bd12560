import org.jspecify.annotations.NullMarked;

/** A race-free two-tier cache: Caffeine in front of Redis in front of a loader. */
@NullMarked
module dev.scaling.cache {
  requires transitive dev.scaling.core;
  requires dev.scaling.concurrency;
  requires com.github.benmanes.caffeine;
  requires static com.fasterxml.jackson.databind;
  requires static transitive org.jspecify;

  exports dev.scaling.cache;
}
