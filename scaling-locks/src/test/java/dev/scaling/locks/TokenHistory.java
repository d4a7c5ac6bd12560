package dev.scaling.locks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One random schedule of attempts at one lock: calls and replies arrive in any order or never,
 * leases end at any moment, clients stop, nodes lose their memory. The attempts are the shipped
 * ones.
 */
final class TokenHistory {

  private static final int STEPS = 160;
  private static final int MOST_ATTEMPTS = 8;
  private static final int MOST_LIVING = 3;
  private static final Moment LATER = new Moment(1L << 60, 1L << 40);

  /** What a history is told to get wrong. */
  enum Broken {
    NOTHING,
    /** The greatest counter of a quorum is the token, confirmed by nobody. */
    NOT_CONFIRMED,
    RAISES_FOR_ANYBODY,
    RAISES_WITHOUT_LOOKING,
    READERS_ADD_NOTHING,
    READERS_LEAVE_WRITER,
    READERS_JOIN_OLD_ONES,
    /** Nobody notices that a node lost its memory. */
    NO_MARK,
    /** A node that lost its memory is back at once. */
    NO_QUARANTINE,
    /** It begins again with the counter 0. */
    NO_BASE,
    /** A grant makes the counter greater by one, for however many leases it is good. */
    RESERVES_NOTHING
  }

  private final Random random;
  private final Broken broken;
  private final boolean losesMemory;
  private final int readers; // of five clients
  private final ModelNode[] nodes;
  private final List<Set<Client>> fromBefore = new ArrayList<>(); // clients, by node
  private final List<Client> all = new ArrayList<>();
  private final List<Client> living = new ArrayList<>();
  private final List<Runnable> network = new ArrayList<>();
  private int now;

  TokenHistory(long seed, int size, boolean losesMemory, Broken broken) {
    random = new Random(seed);
    this.broken = broken;
    this.losesMemory = losesMemory;
    readers = random.nextInt(5);
    boolean isApart = random.nextBoolean(); // as after partial failures
    var mistake = switch (broken) {
      case RAISES_FOR_ANYBODY -> ModelNode.Broken.RAISES_FOR_ANYBODY;
      case RAISES_WITHOUT_LOOKING -> ModelNode.Broken.RAISES_WITHOUT_LOOKING;
      case READERS_ADD_NOTHING -> ModelNode.Broken.READERS_ADD_NOTHING;
      case READERS_LEAVE_WRITER -> ModelNode.Broken.READERS_LEAVE_WRITER;
      case READERS_JOIN_OLD_ONES -> ModelNode.Broken.READERS_JOIN_OLD_ONES;
      case RESERVES_NOTHING -> ModelNode.Broken.RESERVES_NOTHING;
      default -> ModelNode.Broken.NOTHING;
    };
    nodes = new ModelNode[size];
    for (int i = 0; i < size; i++) {
      nodes[i] = new ModelNode(mistake, isApart ? random.nextInt(6) : 0);
      fromBefore.add(new HashSet<>());
    }
  }

  /** Returns what is wrong, or {@code null}. */
  @Nullable
  String run() {
    for (now = 1; now <= STEPS; now++) {
      step(random.nextInt(100));
    }
    for (Client one : all) {
      for (Client other : all) {
        if (one == other || one.done == 0 || other.done == 0) {
          continue;
        }
        boolean isShared = one.reads && other.reads;
        if (!isShared && one.lowest() <= other.token && other.lowest() <= one.token) {
          return "two attempts with tokens up to " + one.token + " and " + other.token;
        }
        if (one.done < other.began && one.token > other.token) {
          return "token " + other.token + " after " + one.token;
        }
      }
    }
    return null;
  }

  /** Returns how many attempts won. */
  int wins() {
    return (int) all.stream().filter(client -> client.done > 0).count();
  }

  private void step(int event) {
    int node = random.nextInt(nodes.length);
    if (event < 10 && living.size() < MOST_LIVING && all.size() < MOST_ATTEMPTS) {
      begin();
    } else if (event < 20) {
      nodes[node].expire();
    } else if (event < 23 && losesMemory) {
      loseMemory(node);
    } else if (event < 30 && losesMemory) {
      admit(node);
    } else if (event == 30) {
      nodes[node].forget();
    } else if (event == 31 && losesMemory) {
      nodes[node].save();
    } else if (event > 97 && !living.isEmpty()) {
      living.remove(random.nextInt(living.size())); // it stands still for ever
    } else if (event > 94 && !network.isEmpty()) {
      network.remove(random.nextInt(network.size()));
    } else if (!network.isEmpty()) {
      network.remove(random.nextInt(network.size())).run();
    }
  }

  private void begin() {
    var client = new Client(all.size());
    all.add(client);
    living.add(client);
    for (int i = 0; i < nodes.length; i++) {
      client.ask(i);
    }
  }

  private void loseMemory(int node) {
    long lost = Arrays.stream(nodes).filter(each -> !each.isMember()).count();
    if (broken != Broken.NO_MARK && lost >= 1) {
      return; // more than one at a time is a matter of clocks: see Membership
    }
    nodes[node].loseMemory(broken != Broken.NO_MARK);
    fromBefore.set(node, new HashSet<>(living));
  }

  private void admit(int node) {
    if (nodes[node].isMember()) {
      return;
    }
    fromBefore.get(node).retainAll(living);
    if (!fromBefore.get(node).isEmpty() && broken != Broken.NO_QUARANTINE) {
      return;
    }
    int members = 0;
    long high = 0;
    for (ModelNode other : nodes) {
      members += other.isMember() ? 1 : 0;
      high = Math.max(high, other.isMember() ? other.high() : 0);
    }
    if (members > nodes.length / 2) {
      nodes[node].admit(broken == Broken.NO_BASE ? 0 : high);
    }
  }

  /** One attempt and its calls. */
  private final class Client {

    private final String id;
    private final Attempt attempt = new Attempt(nodes.length);
    private final boolean reads = random.nextInt(5) < readers;
    private final int began = now;
    private final int tokens = reads || random.nextBoolean() ? 1 : 1 + random.nextInt(5);
    private int done;
    private long token;

    Client(int number) {
      id = "instance:" + number;
    }

    /** Returns the least of its tokens: that of its first lease. */
    long lowest() {
      return token - tokens + 1;
    }

    void ask(int node) {
      long hint = random.nextInt(4) == 0 ? random.nextInt(8) : 0;
      network.add(() -> {
        long counter = nodes[node].acquire(id, hint, reads, tokens);
        network.add(() -> hear(() -> {
          if (counter == ModelNode.NOT_HELD) {
            attempt.refused(node);
          } else {
            attempt.held(node, counter, LATER);
          }
        }));
      });
    }

    private void raise(int node) {
      long to = attempt.token();
      network.add(() -> {
        long counter = nodes[node].extend(id, to, /* mayRepair= */ false, reads);
        network.add(() -> hear(() -> {
          if (counter == ModelNode.NOT_HELD) {
            attempt.refused(node);
          } else {
            attempt.raised(node, counter, LATER);
          }
        }));
      });
    }

    /** Keeps its lease at some node, as a renewal does. */
    private void renew(int node) {
      network.add(() -> nodes[node].extend(id, token, /* mayRepair= */ true, reads));
    }

    private void hear(Runnable reply) {
      if (done > 0 || !living.contains(this)) {
        return;
      }
      reply.run();
      if (attempt.isConfirmed() || (broken == Broken.NOT_CONFIRMED && attempt.token() > 0)) {
        done = now;
        token = attempt.token();
        living.remove(this);
        if (random.nextBoolean()) {
          renew(random.nextInt(nodes.length));
        }
        return;
      }
      for (int i = 0; i < nodes.length; i++) {
        if (attempt.raise(i)) {
          raise(i);
        }
      }
      if (random.nextInt(8) == 0) {
        ask(random.nextInt(nodes.length)); // again, as those who wait do
      }
    }
  }
}
