import org.jspecify.annotations.NullMarked;

/** Request collapsing and batching, and limits of rate and of concurrency across instances. */
@NullMarked
module dev.scaling.concurrency {
  requires transitive dev.scaling.core;
  requires static transitive org.jspecify;

  exports dev.scaling.concurrency.limit;
  exports dev.scaling.concurrency.semaphore;
}
