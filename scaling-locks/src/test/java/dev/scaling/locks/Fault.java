package dev.scaling.locks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * A fault of a plan.
 *
 * @param atMillis when it begins
 * @param millis how long it lasts
 * @param node which node has it
 * @param client which client has it, or {@link #ALL}
 * @param amount by how many milliseconds, if it is one of time
 */
record Fault(long atMillis, long millis, Kind kind, int node, int client, long amount) {

  static final int ALL = -1;

  private static final long FIRST_MILLIS = 300;

  /** What becomes faulty, and how. */
  enum Kind {
    NODE_PAUSED,
    MAJORITY_PAUSED,
    NODE_RESTARTED,
    NODE_FLUSHED,
    CLOCK_SET,
    SCRIPTS_FLUSHED,
    CLIENTS_CUT,
    BLACK_HOLE,
    REQUESTS_LOST,
    REPLIES_LOST,
    RESET_AFTER_WRITE,
    SLOW,
    CLIENT_PAUSED,
    CLIENT_KILLED;

    /** Returns whether it is over as soon as it has begun. */
    boolean isMoment() {
      return this == NODE_FLUSHED || this == SCRIPTS_FLUSHED || this == CLIENTS_CUT;
    }

    /** Returns whether the node forgets what it knew. */
    boolean isLossOfMemory() {
      return this == NODE_RESTARTED || this == NODE_FLUSHED;
    }

    boolean isOfClient() {
      return this == CLIENT_PAUSED || this == CLIENT_KILLED;
    }
  }

  /**
   * Returns faults in the order in which they begin: one node at a time has one, or a majority
   * does, and one client at a time.
   *
   * <p>In one plan either nodes lose their memory, any of them at any time, or the clocks of a
   * minority are set, always the same one. Both is more than the locks promise to bear: where too
   * many nodes forget how far the tokens went, a clock tells.
   */
  static List<Fault> plan(long seed, int nodes, int clients, long millis) {
    var random = new Random(seed);
    boolean isOfClocks = nodes > 1 && random.nextBoolean();
    List<Kind> ofNodes = new ArrayList<>();
    List<Kind> ofClients = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      if (kind.isOfClient()) {
        ofClients.add(kind);
      } else if (isOfClocks ? !kind.isLossOfMemory() : kind != Kind.CLOCK_SET) {
        ofNodes.add(kind);
      }
    }
    ofNodes.addAll(
        List.copyOf(ofNodes)); // so that this is the rarest, since little is to be had meanwhile:
    ofNodes.remove(Kind.MAJORITY_PAUSED);
    ofClients.add(Kind.CLIENT_PAUSED);
    List<Fault> plan = new ArrayList<>();
    fill(plan, random, ofNodes, new int[] {nodes, clients}, millis);
    fill(plan, random, ofClients, new int[] {nodes, clients}, millis);
    plan.sort(Comparator.comparingLong(Fault::atMillis));
    return plan;
  }

  private static void fill(
      List<Fault> plan, Random random, List<Kind> kinds, int[] sizes, long millis) {
    long at = FIRST_MILLIS;
    while (true) {
      var kind = kinds.get(random.nextInt(kinds.size()));
      boolean isClock = kind == Kind.CLOCK_SET;
      long lasts = random.nextLong(100, kind.isMoment() ? 300 : kind.isOfClient() ? 3_500 : 2_500);
      int node = random.nextInt(isClock ? sizes[0] / 2 : sizes[0]);
      boolean isOfAll = !kind.isOfClient() && random.nextBoolean();
      int client = isOfAll ? ALL : random.nextInt(sizes[1]);
      long amount = isClock ? random.nextLong(-30_000, 30_000) : random.nextLong(10, 400);
      if (at + lasts > millis) {
        return;
      }
      plan.add(new Fault(at, lasts, kind, node, client, amount));
      at += lasts + random.nextLong(50, 800);
    }
  }

  long endMillis() {
    return atMillis + millis;
  }
}
