import org.jspecify.annotations.NullMarked;

/** Retries that cannot make an outage worse, and what belongs to them. */
@NullMarked
module dev.scaling.resilience {
  requires transitive dev.scaling.core;
  requires static transitive org.jspecify;

  exports dev.scaling.resilience;
}
