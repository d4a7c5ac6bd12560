package dev.scaling.examples.semaphore;

import dev.scaling.concurrency.semaphore.DistributedSemaphore;
import dev.scaling.concurrency.semaphore.Permit;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** When a permit was worked with, for as long as it was valid. */
record Job(long startNanos, long endNanos, long fencingToken) {

  private static final Duration LONG = Duration.ofMinutes(1);

  static Job run(DistributedSemaphore semaphore) {
    try (Permit permit = semaphore.acquire(LONG)) {
      long start = System.nanoTime();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      long end = System.nanoTime();
      // A permit that was lost on the way may be another's by now: nothing is known of its job.
      return new Job(start, permit.isValid() ? end : start, permit.fencingToken());
    }
  }

  static long mostAtATime(Collection<Job> jobs) {
    return jobs.stream()
        .mapToLong(
            each -> jobs.stream().filter(job -> job.isUnderWay(each.startNanos)).count())
        .max()
        .orElse(0);
  }

  private boolean isUnderWay(long nanos) {
    return startNanos - nanos <= 0 && nanos - endNanos < 0;
  }
}
