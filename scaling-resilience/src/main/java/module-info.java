import org.jspecify.annotations.NullMarked;

/** Retries that cannot make an outage worse, and what belongs to them. */
@NullMarked
module dev.scaling.resilience {
  requires transitive dev.scaling.core;
  requires transitive io.github.resilience4j.bulkhead;
  requires transitive io.github.resilience4j.circuitbreaker;
  requires io.github.resilience4j.core;
  requires static transitive org.jspecify;

  exports dev.scaling.resilience;
  exports dev.scaling.resilience.context;
  exports dev.scaling.resilience.shed;
}
