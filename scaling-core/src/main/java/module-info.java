import org.jspecify.annotations.NullMarked;

/** The few things that every scaling module shares: time, errors, telemetry and the Redis port. */
@NullMarked
@SuppressWarnings("module") // the modules exported to are built after this one
module dev.scaling.core {
  requires transitive io.opentelemetry.api;
  requires transitive redisson;
  requires io.netty.common;
  requires static transitive org.jspecify;

  exports dev.scaling.core;
  exports dev.scaling.core.redis;
  exports dev.scaling.core.internal to
      dev.scaling.cache,
      dev.scaling.concurrency,
      dev.scaling.locks,
      dev.scaling.resilience,
      dev.scaling.testkit;
  exports dev.scaling.core.telemetry to
      dev.scaling.cache,
      dev.scaling.concurrency,
      dev.scaling.locks,
      dev.scaling.resilience;
}
