package dev.scaling.resilience;

import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A Redis of a simulation: does what {@link PoolScriptIT} shows that the script does, behind a
 * network that delays and loses. It stops, forgets, and fails over to what it was.
 */
final class SimulatedPool {

  static final Duration TIMEOUT = Duration.ofMillis(250);

  /** The tokens when nobody knows the pool. */
  long firstMicros;

  /** Whether there is a most. */
  boolean isBounded = true;

  double lossRatio;
  boolean isStopped;
  boolean isMute; // calls arrive, and replies do not
  int calls;

  private final VirtualTime time;
  private final Random random;
  private final List<Runnable> held = new ArrayList<>();
  private State state = State.UNKNOWN;
  private State replica = State.UNKNOWN;

  SimulatedPool(VirtualTime time, Random random) {
    this.time = time;
    this.random = random;
  }

  Redis redis() {
    return ScriptedPool.port(this::call);
  }

  /** Loses its memory. */
  void forget() {
    state = State.UNKNOWN;
  }

  /** Lets the replica hear of all so far. */
  void replicate() {
    replica = state;
  }

  /** Goes back to what the replica has heard of, and returns how many tokens that may bring. */
  long failOver(double microsPerSecond) {
    var before = state;
    state = replica;
    double again = Math.max(0, before.atMicros - state.atMicros) * microsPerSecond / 1e6;
    return state.isKnown() ? Math.max(0, state.tokens + (long) again - before.tokens) : 0;
  }

  void resume() {
    isStopped = false;
    var all = List.copyOf(held);
    held.clear();
    all.forEach(Runnable::run);
  }

  /** Runs the script, whose arguments these are, at a moment of the server. */
  long draw(List<Long> args, long nowMicros) {
    long tokens = state.isKnown() ? state.tokens : firstMicros;
    long at = Math.min(state.isKnown() ? state.atMicros : nowMicros, nowMicros);
    long income = (nowMicros - at) * args.get(3) / 1_000_000;
    tokens = Math.min(isBounded ? args.get(2) : Long.MAX_VALUE, tokens + income + args.get(0));
    long taken = Math.min(args.get(1), tokens);
    state = new State(tokens - taken, nowMicros);
    return taken;
  }

  private CompletableFuture<List<Object>> call(List<Long> args) {
    calls++;
    var reply = new CompletableFuture<List<Object>>();
    time.schedule(
        () -> reply.completeExceptionally(ScriptedPool.failure(Failure.AMBIGUOUS)), TIMEOUT);
    Runnable run = () -> {
      long taken = draw(args, TimeUnit.NANOSECONDS.toMicros(time.nanoTime()));
      if (!isMute) {
        later(() -> reply.complete(List.of(taken)));
      }
    };
    later(() -> {
      if (isStopped) {
        held.add(run);
      } else {
        run.run();
      }
    });
    return reply;
  }

  private void later(Runnable arrival) {
    if (random.nextDouble() >= lossRatio) {
      time.schedule(arrival, Duration.ofMillis(random.nextInt(20)));
    }
  }

  private record State(long tokens, long atMicros) {

    static final State UNKNOWN = new State(0, -1);

    boolean isKnown() {
      return atMicros >= 0;
    }
  }
}
