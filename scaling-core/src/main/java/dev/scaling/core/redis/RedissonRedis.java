package dev.scaling.core.redis;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.core.telemetry.Telemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RedissonClient;

/** The port over Redisson: routes each call to the pipeline of its node and bounds it in time. */
final class RedissonRedis implements Redis {

  private static final Duration LEAST_TIMEOUT = Duration.ofMillis(1);
  private static final Duration MOST_TIMEOUT = Duration.ofHours(1);

  private final Time time;
  private final Outcomes outcomes;
  private final Deadlines deadlines;
  private final @Nullable ClientSource source;
  private final Telemetry telemetry;
  private final Retries retries;
  private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Connection connection;
  private volatile boolean closed;

  RedissonRedis(RedisBuilder builder) {
    time = builder.time;
    retries = new Retries(time, builder.random);
    outcomes = new Outcomes(time);
    deadlines = new Deadlines(time, this::expire);
    telemetry = RedisMeters.register(builder.openTelemetry, builder.name, outcomes);
    if (builder.client != null) {
      connection = new Connection(builder.client);
      source = null;
    } else {
      source = new ClientSource(
          builder, outcomes, client -> connection = new Connection(client), this::send);
      source.open();
    }
  }

  @Override
  public CompletableFuture<byte @Nullable []> get(String key, Duration timeout) {
    return submit(Calls.get(key, deadline(timeout)));
  }

  @Override
  public CompletableFuture<List<byte @Nullable []>> getAll(List<String> keys, Duration timeout) {
    long deadline = deadline(timeout);
    if (keys.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    Map<Integer, List<String>> bySlot = new LinkedHashMap<>();
    for (String key : keys) {
      bySlot.computeIfAbsent(slotOf(key), slot -> new ArrayList<>()).add(key);
    }
    if (bySlot.size() == 1) {
      return submit(Calls.getAll(List.copyOf(keys), deadline));
    }
    return inKeyOrder(keys, bySlot.values(), deadline);
  }

  @Override
  public CompletableFuture<List<@Nullable Object>> eval(
      LuaScript script, List<String> keys, List<byte[]> args, Duration timeout) {
    Checks.argument(!keys.isEmpty(), "keys must not be empty: %s", script.name());
    return submit(new Calls.Eval(script, keys, args, deadline(timeout)));
  }

  @Override
  public CompletableFuture<Long> publish(String channel, byte[] message, Duration timeout) {
    return submit(Calls.publish(channel, message, deadline(timeout)));
  }

  @Override
  public CompletableFuture<String> append(
      String stream, byte[] body, int maximumLength, Duration timeout) {
    Checks.range("maximumLength", maximumLength, 1, Integer.MAX_VALUE);
    return submit(Calls.append(stream, body, maximumLength, deadline(timeout)));
  }

  @Override
  public CompletableFuture<List<StreamEntry>> read(
      String stream, String afterId, int maximumEntries, Duration timeout) {
    Checks.range("maximumEntries", maximumEntries, 1, Integer.MAX_VALUE);
    return submit(Calls.read(stream, afterId, maximumEntries, deadline(timeout)));
  }

  @Override
  public Subscription subscribe(String channel, Listener listener) {
    var made = new ChannelSubscription(this::client, channel, listener, retries);
    Subscription kept = new Subscription() {
      @Override
      public void close() {
        subscriptions.remove(this);
        made.close();
      }
    };
    subscriptions.add(kept);
    if (closed) {
      kept.close();
    } else {
      made.start();
    }
    return kept;
  }

  @Override
  public int slotOf(String key) {
    var open = connection;
    return open == null ? 0 : open.topology.slotOf(key);
  }

  @Override
  public CompletableFuture<@Nullable Void> ready(Duration timeout) {
    Checks.duration("timeout", timeout, LEAST_TIMEOUT, MOST_TIMEOUT);
    return Readiness.of(this, time, timeout);
  }

  @Override
  public Health health() {
    return outcomes.health();
  }

  @Override
  public void close() {
    closed = true;
    subscriptions.forEach(Subscription::close);
    deadlines.close();
    telemetry.close();
    var open = connection;
    if (open != null) {
      open.pipelines
          .values()
          .forEach(pipeline -> pipeline.failAll(Failure.CLOSED, "the port was closed"));
    }
    if (source != null) {
      source.close();
    }
  }

  @Override
  public String toString() {
    return "Redis[" + outcomes.health().state() + (closed ? ", closed]" : "]");
  }

  private @Nullable RedissonClient client() {
    var open = connection;
    return open == null ? null : open.client;
  }

  private long deadline(Duration timeout) {
    Checks.duration("timeout", timeout, LEAST_TIMEOUT, MOST_TIMEOUT);
    return time.nanoTime() + timeout.toNanos();
  }

  private <T extends @Nullable Object> Call<T> submit(Call<T> call) {
    if (closed) {
      call.fail(Failure.CLOSED, "the port was closed", null);
      return call;
    }
    var open = connection;
    if (open != null || source == null || source.isOpenOrKeeps(call)) {
      send(call);
    }
    if (!call.isDone()) {
      deadlines.watch(call.deadlineNanos);
    }
    return call;
  }

  private void send(Call<?> call) {
    var open = connection;
    if (open == null) {
      call.fail(Failure.NOT_SENT, "not connected", null, outcomes);
      return;
    }
    try {
      open.pipelineOf(call.routingKey).submit(call);
    } catch (RuntimeException e) { // the topology of a client that is shut down
      call.fail(Failure.NOT_SENT, "no node for the key", e, outcomes);
    }
  }

  private long expire(long nowNanos) {
    long next = source == null ? -1 : source.expire(nowNanos);
    var open = connection;
    if (open != null) {
      for (Pipeline pipeline : open.pipelines.values()) {
        long left = pipeline.expire(nowNanos);
        next = next < 0 || (left >= 0 && left < next) ? left : next;
      }
    }
    return next;
  }

  /** Sends one call a slot and puts the values back into the order of the keys. */
  private CompletableFuture<List<byte @Nullable []>> inKeyOrder(
      List<String> keys, Collection<List<String>> groups, long deadline) {
    Map<String, byte[]> values = new ConcurrentHashMap<>();
    var left = new AtomicInteger(groups.size());
    var all = new CompletableFuture<List<byte @Nullable []>>();
    for (List<String> group : groups) {
      submit(Calls.getAll(group, deadline)).whenComplete((found, failure) -> {
        if (failure != null) {
          all.completeExceptionally(failure);
          return;
        }
        for (int i = 0; i < group.size(); i++) {
          byte[] value = found.get(i);
          if (value != null) {
            values.put(group.get(i), value);
          }
        }
        if (left.decrementAndGet() == 0) {
          var ordered = new ArrayList<byte @Nullable []>(keys.size());
          keys.forEach(key -> ordered.add(values.get(key)));
          all.complete(ordered);
        }
      });
    }
    return all;
  }

  /** A client, where its keys live, and a pipeline for each node that was called. */
  private final class Connection {

    final RedissonClient client;
    final Topology topology;
    final Sender sender;
    final Map<Object, Pipeline> pipelines = new ConcurrentHashMap<>();

    Connection(RedissonClient client) {
      this.client = client;
      topology = Topology.of(client);
      sender = new Sender(topology.executor());
    }

    Pipeline pipelineOf(String key) {
      Object node = topology.nodeOf(key);
      var pipeline = pipelines.get(node);
      return pipeline != null
          ? pipeline
          : pipelines.computeIfAbsent(node, any -> new Pipeline(sender, time, outcomes));
    }
  }
}
