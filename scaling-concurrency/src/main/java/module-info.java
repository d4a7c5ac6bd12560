import org.jspecify.annotations.NullMarked;

/** Request collapsing and batching, bounded queues, and limits of rate and concurrency. */
@NullMarked
@SuppressWarnings("module") // the module exported to is built after this one
module dev.scaling.concurrency {
  requires transitive dev.scaling.core;
  requires static transitive org.jspecify;

  exports dev.scaling.concurrency.adaptive;
  exports dev.scaling.concurrency.collapse;
  exports dev.scaling.concurrency.limit;
  exports dev.scaling.concurrency.queue;
  exports dev.scaling.concurrency.semaphore;
  exports dev.scaling.concurrency.internal to
      dev.scaling.cache;
}
