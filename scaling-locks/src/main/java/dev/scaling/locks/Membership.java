package dev.scaling.locks;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Section;
import dev.scaling.locks.Node.Standing;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Which nodes may grant locks, and how one that has lost its memory comes back. */
final class Membership implements AutoCloseable {

  /*
   * A node that restarts empty, loses its last writes, is replaced by a replica or is flushed has
   * forgotten leases and counters, and would help a second attempt to a quorum [1]. Its own scripts refuse
   * then: it is no member as long as its hash does not name the server that runs. Nobody need notice the
   * restart for that.
   *
   * It becomes a member again when some instance has watched it, under one mark, for as long as any lease
   * can last, on that instance's monotonic clock: then all leases and attempts from before have ended. It
   * begins with a counter beyond all that were given out. A quorum of members among the others knows the
   * greatest, since every token was confirmed by a quorum. If there is none, as on the first start, with
   * one node, or when too many lost their memory at once, it is the node's clock in microseconds: a
   * million fencing tokens a second are behind it, as long as that clock was not set back.
   *
   * All nodes are asked how they stand once a lease, so that one that nobody uses is back by the time it
   * is wanted.
   *
   * QuorumTokenTest explores it, and that nothing of it can be left out.
   *
   * [1] M. Kleppmann, How to do distributed locking, 2016; S. Sanfilippo's answer, "delayed restarts"
   */

  private static final Duration PAUSE = Duration.ofMillis(500);

  private final Engine engine;
  private final boolean quarantined;
  private final Section section = new Section();
  private final CompletableFuture<@Nullable Void> ready = new CompletableFuture<>();

  // Guarded by section.
  private final @Nullable Standing[] standings;
  private final Moment[] since;
  private boolean looking;
  private int unanswered;
  private Time.@Nullable Cancellable timer;
  private boolean closed;

  Membership(Engine engine, boolean quarantined) {
    this.engine = engine;
    this.quarantined = quarantined;
    standings = new @Nullable Standing[engine.nodes.size()];
    since = new Moment[standings.length];
  }

  void start() {
    look();
  }

  /** Returns a future that completes once a quorum of nodes grants locks. */
  CompletableFuture<@Nullable Void> ready() {
    return ready;
  }

  /** Returns whether an answer counts: that of a server that is a member, under one name. */
  boolean isUsable(Node node, Answer answer) {
    if (answer instanceof Answer.NotMember) {
      look();
      return false;
    }
    return !isSecondName(node, answer.run());
  }

  /** Asks all nodes how they stand, unless that is under way. */
  void look() {
    section.run(() -> {
      if (looking || closed) {
        return;
      }
      looking = true;
      unanswered = engine.nodes.size();
      for (Node node : engine.nodes) {
        section.after(() -> node.standing(engine.nextAttempt())
            .whenComplete((standing, failure) -> section.run(() -> {
              note(node, standing, failure);
              if (--unanswered == 0) {
                decide();
              }
            })));
      }
    });
  }

  /** Returns the nodes that are not known to be members. */
  List<String> outside() {
    return names(standing -> standing == null || !standing.isMember());
  }

  /** Returns the nodes that have said that they are no members: they have lost their memory. */
  List<String> watched() {
    return names(standing -> standing != null && !standing.isMember());
  }

  private List<String> names(Predicate<@Nullable Standing> which) {
    return section.read(() -> engine.nodes.stream()
        .filter(node -> which.test(standings[node.index]))
        .map(node -> node.name)
        .toList());
  }

  @Override
  public void close() {
    section.run(() -> {
      closed = true;
      if (timer != null) {
        timer.cancel();
      }
    });
    ready.completeExceptionally(engine.closedMeanwhile());
  }

  // What follows runs in the section.

  private void note(Node node, @Nullable Standing now, @Nullable Throwable failure) {
    var before = standings[node.index];
    if (now == null) {
      section.after(() -> engine.failed(node, failure));
      if (before != null && before.isMember()) {
        standings[node.index] = null;
      }
      return;
    }
    boolean isSame = before != null && before.mark() != null && before.mark().equals(now.mark());
    if (!isSame) {
      since[node.index] = Moment.now(engine.time); // the reply: it was watched from then on
      section.after(() -> engine.log.stands(node, now));
    }
    standings[node.index] = now;
  }

  private void decide() {
    looking = false;
    boolean isWhole = true;
    int members = 0;
    for (Node node : engine.nodes) {
      var standing = standings[node.index];
      isWhole &= standing != null && standing.isMember();
      members += standing != null && standing.isMember() ? 1 : 0;
      if (standing != null && standing.mark() != null && isWatched(node)) {
        admit(node, standing.mark());
      }
    }
    if (members >= engine.quorum) {
      section.after(() -> ready.complete(null));
    }
    if (!closed && timer == null) {
      timer = engine.time.schedule(
          () -> {
            section.run(() -> timer = null);
            look();
          },
          isWhole && engine.lease.compareTo(PAUSE) > 0 ? engine.lease : PAUSE);
    }
  }

  private boolean isWatched(Node node) {
    if (!quarantined) {
      return true;
    }
    // A lease lasts from before its call was sent, so what is on its way counts from earlier still.
    long longest = engine.leaseNanos / 1_000;
    for (Standing standing : standings) {
      longest = Math.max(longest, standing == null ? 0 : standing.longestMicros());
    }
    var until =
        since[node.index].plusNanos((long) (longest * 1e3 * (1 + Bid.DRIFT)) + Bid.MARGIN_NANOS);
    return engine.time.nanoTime() - until.nanos() >= 0;
  }

  private void admit(Node node, String mark) {
    long high = 0;
    long longest = engine.leaseNanos / 1_000;
    int others = 0;
    for (int i = 0; i < standings.length; i++) {
      var standing = standings[i];
      if (i != node.index && standing != null && standing.isMember()) {
        others++;
        high = Math.max(high, standing.high());
        longest = Math.max(longest, standing.longestMicros());
      }
    }
    long base = others >= engine.quorum ? high : 0;
    long longestMicros = longest;
    section.after(() -> node.standing(engine.nextAttempt(), mark, base, longestMicros)
        .whenComplete((standing, failure) -> {
          section.run(() -> note(node, standing, failure));
          if (failure == null) { // else after a pause: it may refuse writes for long, and at once
            look();
          }
        }));
  }

  /** Returns whether a node is the server of another one that comes before it. */
  private boolean isSecondName(Node node, String run) {
    for (Node other : engine.nodes) {
      if (other.index < node.index && run.equals(other.run)) {
        engine.handover.deliver(() -> engine.log.secondName(node, other)); // not in a section
        return true;
      }
    }
    return false;
  }
}
