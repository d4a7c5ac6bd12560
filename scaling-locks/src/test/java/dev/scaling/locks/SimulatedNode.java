package dev.scaling.locks;

import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A Redis of a simulation: a server with a clock of its own that stands still, or starts again with
 * what it had, with an old copy of it, or with nothing.
 */
final class SimulatedNode {

  private static final long FIRST_MICROS = 1_700_000_000_000_000L;

  final VirtualTime time;
  final SimulatedNetwork network;
  final SimulatedScripts scripts;
  private final double rate; // of its clock
  private final int number;
  private final Map<String, List<Consumer<byte[]>>> subscribers = new LinkedHashMap<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private final List<Runnable> onDisconnect = new ArrayList<>();
  private @Nullable SimulatedMemory copy;
  private long stepMicros;
  private long callersStepMicros; // of who calls, if that one's clock is taken for the node's
  private int restarts;
  private boolean paused;
  private boolean down;

  SimulatedNode(SimulatedNetwork network, int number, double rate, long stepMicros, Seeded seeded) {
    this.network = network;
    this.time = network.time;
    this.number = number;
    this.rate = rate;
    this.stepMicros = stepMicros;
    scripts =
        new SimulatedScripts(this::micros, () -> micros() / 1_000, this::publish, runId(), seeded);
  }

  /** Returns a port of a process to this server. */
  Redis port(SimulatedProcess process) {
    return SimulatedLink.port(this, process);
  }

  /** Takes a call: now, or when it goes on; a server that is down refuses it. */
  void receive(Runnable call, Consumer<Failure> refusal) {
    if (down) {
      refusal.accept(Failure.NOT_SENT);
    } else if (paused) {
      waiting.add(call);
    } else {
      call.run();
    }
  }

  void subscribe(String channel, Consumer<byte[]> to, Runnable ended) {
    subscribers.computeIfAbsent(channel, same -> new ArrayList<>()).add(to);
    onDisconnect.add(ended);
  }

  void unsubscribe(String channel, Consumer<byte[]> to) {
    subscribers.getOrDefault(channel, new ArrayList<>()).remove(to);
  }

  /** Sends a message to all who listen; returns how many do. */
  int publish(String channel, byte[] message) {
    var all = subscribers.getOrDefault(channel, List.of());
    all.forEach(each -> each.accept(message));
    return all.size();
  }

  boolean isUp() {
    return !paused && !down;
  }

  void pause() {
    paused = true;
  }

  void resume() {
    paused = false;
    var calls = List.copyOf(waiting);
    waiting.clear();
    calls.forEach(Runnable::run);
  }

  /** Ends all connections: those who listen must begin anew. */
  void disconnect() {
    var ended = List.copyOf(onDisconnect);
    onDisconnect.clear();
    subscribers.clear();
    ended.forEach(Runnable::run);
  }

  void kill() {
    down = true;
    paused = false;
    waiting.clear();
    disconnect();
  }

  /** Takes a copy that a later start may begin with. */
  void save() {
    copy = scripts.copy();
  }

  /** Starts again, with the last copy or with nothing. */
  void start(boolean fromCopy) {
    restarts++;
    scripts.restart(runId(), fromCopy ? copy : null);
    down = false;
  }

  void stepClock(Duration step) {
    stepMicros += step.toNanos() / 1_000;
  }

  /** Does something by the clock of the caller, which a sound server would not ask for. */
  <T> T byClockOf(long callersStepMillis, Supplier<T> work) {
    callersStepMicros = callersStepMillis * 1_000;
    try {
      return work.get();
    } finally {
      callersStepMicros = 0;
    }
  }

  private long micros() {
    long steps = stepMicros + callersStepMicros;
    return FIRST_MICROS + steps + (long) (time.nanoTime() * rate) / 1_000;
  }

  private String runId() {
    return String.format("%038x%02x", restarts, number);
  }
}
