package dev.scaling.locks.fencing;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** A guard that remembers tokens in this process. */
final class MemoryFenceGuard implements FenceGuard {

  /*
   * Resources are spread over stripes, each with a lock that is held for a look into a map, and one lock
   * at a time. `known` is taken before a resource is added, so there are never more than the maximum.
   * Who finds it full takes over the place of a resource that may be forgotten, from any stripe: each
   * has the one that was not checked for longest in front, so one look at each is enough.
   */

  private static final int STRIPES = 16;
  private static final int MOST_RESOURCES = 10_000_000;

  private final String name;
  private final int maximumResources;
  private final Duration retention;
  private final Time time;
  private final AtomicInteger known = new AtomicInteger();
  private final MemoryStripe[] stripes = new MemoryStripe[STRIPES];

  MemoryFenceGuard(String name, int maximumResources, Duration retention, Time time) {
    this.name = Checks.name("name", name);
    this.maximumResources =
        (int) Checks.range("maximumResources", maximumResources, 1, MOST_RESOURCES);
    this.retention = Checks.duration(
        "retention",
        retention,
        RedisFenceGuardBuilder.LEAST_RETENTION,
        RedisFenceGuardBuilder.MOST_RETENTION);
    this.time = time;
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new MemoryStripe();
    }
  }

  @Override
  public void check(String resource, long fencingToken) {
    var fence = Fence.of(name, resource, fencingToken, Fence.MOST_BYTES);
    fence.require(greatest(fence));
  }

  @Override
  public boolean tryCheck(String resource, long fencingToken) {
    return greatest(Fence.of(name, resource, fencingToken, Fence.MOST_BYTES)) == fencingToken;
  }

  @Override
  public String toString() {
    return "FenceGuard{" + name + ", in memory, " + known + " of " + maximumResources
        + " resources}";
  }

  /** Returns the greatest token seen, this one included. */
  private long greatest(Fence fence) {
    long now = time.nanoTime();
    int hash = fence.resource().hashCode() * 0x9E3779B9;
    MemoryStripe stripe = stripes[hash >>> (Integer.SIZE - 4)];
    while (true) {
      long seen = stripe.check(fence, now);
      if (seen != MemoryStripe.UNKNOWN) {
        return seen;
      }
      takePlace(now);
      if (stripe.add(fence, now)) {
        return fence.token();
      }
      known.decrementAndGet(); // another call has added it; see what it left
    }
  }

  private void takePlace(long now) {
    int before = known.getAndUpdate(count -> Math.min(count + 1, maximumResources));
    if (before < maximumResources) {
      return;
    }
    long soonest = Long.MAX_VALUE;
    for (MemoryStripe stripe : stripes) {
      long left = stripe.forgetOne(now, retention.toNanos());
      if (left <= 0) {
        return; // its place is ours
      }
      soonest = Math.min(soonest, left);
    }
    throw new TooManyResourcesException(
        name,
        maximumResources,
        retention,
        Duration.ofNanos(Math.min(soonest, retention.toNanos())));
  }
}
