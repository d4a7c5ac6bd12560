package dev.scaling.concurrency.semaphore;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Handover;
import dev.scaling.core.internal.Section;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The permits of one instance, who uses them, and who waits for them here. */
final class Block {

  /*
   * Invariant: while validUntilNanos lies ahead, Redis counts at least `held` permits for this instance,
   * and no more than `held` are in use. A permit that is given back leaves `held` before Redis hears of
   * it, one that comes enters when Redis has said so; a lost reply leaves Redis with too many, until the
   * next call says the number again. At most one call is under way.
   *
   * `validUntilNanos` is when the last confirmed call was sent, plus the lease, less a margin for clocks
   * that run at different speeds and for small steps of the server's. Redis counts the lease from when
   * the call arrives, which is later. Past it all permits are lost for good, before anything else is
   * done: so none comes back to life with a late reply.
   *
   * A permit that nobody uses stays for a while, so that callers which come one after another need no round
   * trip; what goes back then is the least number that was free all the while.
   */

  private static final int MARGIN_SHARE = 20;

  private final String name;
  private final int permits;
  private final long leaseNanos;
  private final Time time;
  private final Handover handover;
  private final SemaphoreCounters counters = new SemaphoreCounters();
  private final Runnable step;
  private final Section section = new Section();
  private volatile long validUntilNanos;

  // Guarded by section.
  private final Set<Permit> inUse = new LinkedHashSet<>();
  private final Line waiting = new Line();
  private final Spare spare = new Spare();
  private final Turn turn = new Turn();
  private final FencingTokens fencingTokens = new FencingTokens();
  private final Pace pace;
  private final Contact contact;
  private int held;
  private long calls;
  private boolean calling;
  private int givenBackSince; // permits given back while the call is under way
  private boolean contendedSince; // a message said so while the call is under way
  private boolean yielding; // a permit goes to others though there are waiters here
  private boolean changed; // Redis is to be told
  private boolean queued; // Redis lets this instance wait
  private boolean settled = true; // Redis holds nothing for this instance
  private boolean closed;

  Block(DistributedSemaphoreBuilder builder, Handover handover, Runnable step) {
    name = builder.name;
    permits = builder.permits;
    leaseNanos = builder.lease.toNanos();
    time = builder.time;
    this.handover = handover;
    this.step = step;
    validUntilNanos = time.nanoTime();
    pace = new Pace(leaseNanos, builder.random, time.nanoTime());
    contact = new Contact(builder, section, counters);
  }

  boolean isCurrent() {
    if (time.nanoTime() - validUntilNanos < 0) {
      return true;
    }
    change(now -> {}); // so that it stays false
    return false;
  }

  /** Takes a permit that is free here, if nobody waits for it. */
  @Nullable
  Permit take() {
    var taken = new AtomicReference<@Nullable Permit>();
    change(now -> {
      if (waiting.isEmpty() && canGrant()) {
        taken.set(grant());
      }
    });
    return taken.get();
  }

  /** Puts a call at the end of the line, or refuses it at once. */
  void join(Waiter waiter) {
    change(now -> {
      if (closed) {
        section.after(() -> waiter.cancel(name));
      } else if (!waiter.isPatient() && !mayAsk(now)) {
        refuse(waiter);
      } else {
        waiting.add(waiter);
        serve();
        if (!waiting.isEmpty() && !queued && !calling && held < permits) {
          tell();
        }
      }
    });
  }

  /** Refuses a call that has waited for long enough. */
  void timeOut(Waiter waiter) {
    change(now -> {
      if (leave(waiter)) {
        refuse(waiter);
      }
    });
  }

  /** Takes a call out of the line whose caller has gone; a permit that it got meanwhile goes on. */
  void abandon(Waiter waiter) {
    change(now -> leave(waiter));
    if (!waiter.future.cancel(false) && !waiter.future.isCompletedExceptionally()) {
      waiter.future.join().close();
    }
  }

  void release(Permit permit) {
    change(now -> {
      if (!inUse.remove(permit)) {
        return;
      }
      permit.end();
      if (waiting.isEmpty()) {
        spare(now);
      } else if (turn.isOver(now)) {
        turn.begin(now);
        yielding = true;
        giveBack(1);
      } else if (canGrant()) {
        turn.handedOn();
        counters.handedOn.increment();
        serve();
      }
    });
  }

  /** Hears that other instances wait. */
  void hearContended() {
    change(now -> {
      contendedSince = true;
      turn.hear(true, now);
      if (waiting.isEmpty()) {
        giveBack(free());
      }
    });
  }

  /** Hears that Redis may hold more for this instance than it knows of. */
  void hearGranted() {
    change(now -> {
      pace.restartPolls();
      tell();
    });
  }

  /** Hears that messages may have been lost until now. */
  void hearSubscribed() {
    change(now -> {
      if (queued || held > 0) {
        tell();
      }
    });
  }

  /** Says what is to do now, and when to ask again. */
  Step next() {
    var result = new AtomicReference<>(new Step(null, Step.FOREVER));
    change(now -> {
      giveBack(spare.end(free(), now));
      spare(now);
      var request = isDue(now) ? request(now) : null;
      result.set(new Step(request, untilNext(now)));
    });
    return result.get();
  }

  void answered(Request request, Reply reply) {
    change(now -> {
      calling = false;
      contact.answered();
      long until = request.sentNanos() + leaseNanos - leaseNanos / MARGIN_SHARE;
      if (now - until >= 0) { // too late to be of use: what it grants may end at any moment
        changed = true;
      } else {
        validUntilNanos = until;
        held = Math.max(0, reply.permits() - givenBackSince);
        lose(inUse.size() - held);
        fencingTokens.replace(reply.lastFencingToken(), request.fencingTokens());
        turn.hear(reply.others() > 0 || contendedSince, now);
        queued = reply.waits();
        settled = reply.permits() == 0 && !queued;
        serve();
      }
      settle(request, now);
    });
  }

  void failed(Request request, Throwable cause) {
    change(now -> {
      calling = false;
      contact.failed(cause, held);
      pace.failed(now);
      yielding |= request.most() < request.want();
      changed = true;
      settle(request, now);
    });
  }

  void close() {
    change(now -> {
      closed = true;
      for (Waiter waiter : waiting.removeAll()) {
        section.after(() -> waiter.cancel(name));
      }
      held = Math.min(held, inUse.size());
      if (!settled || held > 0) {
        tell();
      }
    });
  }

  SemaphoreSnapshot snapshot() {
    return section.read(() -> counters.snapshot(
        inUse.size(), held, waiting.size(), turn.isContended(), !contact.isGood()));
  }

  String contact() {
    return section.read(contact::words);
  }

  private void change(LongConsumer change) {
    section.run(() -> {
      long now = time.nanoTime();
      expire(now);
      change.accept(now);
    });
  }

  private void expire(long now) {
    if ((held > 0 || !inUse.isEmpty()) && now - validUntilNanos >= 0) {
      held = 0;
      lose(inUse.size());
      if (!waiting.isEmpty()) {
        tell();
      }
    }
  }

  /** Ends permits that are not there, the last that were granted first. */
  private void lose(int number) {
    List<Permit> all = List.copyOf(inUse);
    for (Permit permit : all.subList(all.size() - Math.max(0, number), all.size())) {
      inUse.remove(permit);
      permit.end();
      section.after(() -> handover.deliver(permit::tellLost));
    }
    contact.lost(number);
  }

  private int free() {
    return held - inUse.size();
  }

  private boolean canGrant() {
    return free() > 0 && !fencingTokens.isEmpty() && !closed;
  }

  private Permit grant() {
    var permit = new Permit(this, fencingTokens.draw());
    inUse.add(permit);
    spare.taken(free());
    counters.granted.increment();
    if (fencingTokens.isLow()) {
      tell();
    }
    return permit;
  }

  private void serve() {
    while (!waiting.isEmpty() && canGrant()) {
      var first = waiting.removeFirst();
      var permit = grant();
      section.after(() -> first.serve(permit));
    }
  }

  private void refuse(Waiter waiter) {
    counters.refused.increment();
    var refusal = new PermitsExhaustedException(name, waiter.maxWait, contact.trouble());
    section.after(() -> waiter.future.completeExceptionally(refusal));
  }

  /** A call that does not wait for others asks Redis, unless others wait or Redis is away. */
  private boolean mayAsk(long now) {
    return !queued
        && held < permits
        && !waiting.hasPatient()
        && (contact.isGood() || (!calling && pace.isOpen(now)));
  }

  private boolean leave(Waiter waiter) {
    boolean left = waiting.remove(waiter);
    if (left && queued && waiting.isEmpty()) {
      tell();
    }
    return left;
  }

  /** Gives free permits back, now or when nobody has used them for a while. */
  private void spare(long now) {
    if (free() > 0 && (turn.isContended() || closed)) {
      giveBack(free());
    } else if (free() > 0 && spare.watch(free(), now)) {
      section.after(step);
    }
  }

  private void giveBack(int number) {
    if (number > 0) {
      held -= number;
      givenBackSince += number;
      tell();
    }
  }

  private void tell() {
    changed = true;
    section.after(step);
  }

  private boolean isDue(long now) {
    if (calling || !pace.isOpen(now)) {
      return false;
    }
    if (!isAlive() && pace.isForgotten(now)) {
      changed = false;
      settled = true;
    }
    return changed
        || (isAlive() && pace.untilBeat(now) <= 0)
        || (queued && pace.untilPoll(now) <= 0);
  }

  /** Returns whether Redis must go on to hear of this instance. */
  private boolean isAlive() {
    return !closed && (held > 0 || !waiting.isEmpty());
  }

  private Request request(long now) {
    int want = Math.max(held, Math.min(permits, inUse.size() + waiting.size()));
    int most = yielding ? held : want;
    calls++;
    waiting.asked(calls);
    pace.sent(now, queued);
    counters.redisCalls.increment();
    calling = true;
    changed = false;
    yielding = false;
    settled = false;
    contendedSince = false;
    givenBackSince = 0;
    return new Request(calls, most, want, waiting.hasPatient(), fencingTokens.wanted(want), now);
  }

  private long untilNext(long now) {
    long nanos = inUse.isEmpty() ? Step.FOREVER : validUntilNanos - now;
    nanos = Math.min(nanos, spare.untilEnd(now));
    if (!calling && changed) {
      nanos = Math.min(nanos, pace.untilOpen(now));
    } else if (!calling && isAlive()) {
      nanos = Math.min(nanos, queued ? pace.untilPoll(now) : pace.untilBeat(now));
    }
    return Math.max(0, nanos);
  }

  /** Refuses those who wait for no more than this call, and sees what is left to do. */
  private void settle(Request request, long now) {
    // With all permits here there is nothing to ask for: who came meanwhile has the answer too.
    long number = held < permits ? request.number() : Waiter.NOT_ASKED;
    waiting.removeImpatient(number).forEach(this::refuse);
    if (waiting.isEmpty()) {
      changed |= queued;
      spare(now);
    } else if (!queued) {
      changed |= held < permits && waiting.hasNew();
    }
    section.after(step);
  }
}
