package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The connection of a process to a server. */
final class SimulatedLink {

  private static final Duration AGAIN = Duration.ofMillis(20);

  private final SimulatedNode node;
  private final SimulatedProcess process;
  private final SimulatedNetwork.Way there;
  private final SimulatedNetwork.Way back;
  private final List<Extension> extensions = new ArrayList<>(); // under way, oldest first

  private SimulatedLink(SimulatedNode node, SimulatedProcess process) {
    this.node = node;
    this.process = process;
    there = node.network.new Way();
    back = node.network.new Way();
  }

  @SuppressWarnings("unchecked") // the port's signatures say so
  static Redis port(SimulatedNode node, SimulatedProcess process) {
    var link = new SimulatedLink(node, process);
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(),
        new Class<?>[] {Redis.class},
        (proxy, method, args) -> switch (method.getName()) {
          case "eval" ->
            link.eval(
                (LuaScript) args[0], (List<String>) args[1], (List<byte[]>) args[2], (Duration)
                    args[3]);
          case "publish" ->
            link.call(
                (Duration) args[2], () -> (long) node.publish((String) args[0], (byte[]) args[1]));
          case "subscribe" -> link.new Listening((String) args[0], (Redis.Listener) args[1]);
          default -> throw new UnsupportedOperationException(method.getName());
        });
  }

  private CompletableFuture<List<@Nullable Object>> eval(
      LuaScript script, List<String> keys, List<byte[]> args, Duration timeout) {
    var seeded = node.network.seeded;
    boolean isExtension = script.name().equals("extend");
    boolean isRaise = isExtension && new String(args.get(3), US_ASCII).equals("0");
    if (isRaise && seeded == Seeded.NAIVE_TOKEN) {
      return CompletableFuture.completedFuture(
          List.of("0".getBytes(US_ASCII), Long.parseLong(new String(args.get(2), US_ASCII))));
    }
    if (isExtension && !isRaise && seeded == Seeded.LATE_REPLY_COUNTED) {
      return counted(script, keys, args, timeout);
    }
    if (seeded == Seeded.CLIENT_CLOCK && keys.stream().anyMatch(key -> key.contains("#"))) {
      long step = process.wallStepMillis();
      return call(
          timeout, () -> node.byClockOf(step, () -> node.scripts.run(script.name(), keys, args)));
    }
    return call(timeout, () -> node.scripts.run(script.name(), keys, args));
  }

  /** Takes the reply to any renewal of a lease for that to the last one. */
  private CompletableFuture<List<@Nullable Object>> counted(
      LuaScript script, List<String> keys, List<byte[]> args, Duration timeout) {
    var mine =
        new Extension(new String(args.get(0), UTF_8), keys.size(), new CompletableFuture<>());
    extensions.add(mine);
    call(mine.reply, timeout, () -> node.scripts.run(script.name(), keys, args), answer -> {
      for (Extension each : List.copyOf(extensions)) { // what hears of it may send more
        if (each.attempt.equals(mine.attempt) && each.size == mine.size) {
          each.reply.complete(answer);
        }
      }
    });
    return mine.reply;
  }

  private <T> CompletableFuture<T> call(Duration timeout, Supplier<T> work) {
    var reply = new CompletableFuture<T>();
    call(reply, timeout, work, reply::complete);
    return reply;
  }

  private <T> void call(
      CompletableFuture<T> reply, Duration timeout, Supplier<T> work, Consumer<T> to) {
    var timer =
        process.schedule(() -> reply.completeExceptionally(failure(Failure.AMBIGUOUS)), timeout);
    reply.whenComplete((answer, failure) -> timer.cancel());
    there.send(() -> node.receive(
        () -> {
          var answer = work.get();
          back.send(() -> process.deliver(() -> to.accept(answer)));
        },
        refusal ->
            back.send(() -> process.deliver(() -> reply.completeExceptionally(failure(refusal))))));
  }

  static RedisCallException failure(Failure failure) {
    try {
      var constructor = RedisCallException.class.getDeclaredConstructor(
          Failure.class, String.class, Throwable.class);
      constructor.setAccessible(true);
      return constructor.newInstance(failure, "simulated", null);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("no such constructor", e);
    }
  }

  private record Extension(
      String attempt, int size, CompletableFuture<List<@Nullable Object>> reply) {}

  /** A subscription, made again until it is closed. */
  private final class Listening implements Redis.Subscription {

    private final String channel;
    private final Redis.Listener listener;
    private final Consumer<byte[]> subscriber = this::onMessage;
    private boolean closed;

    Listening(String channel, Redis.Listener listener) {
      this.channel = channel;
      this.listener = listener;
      begin();
    }

    @Override
    public void close() {
      closed = true;
      there.send(() -> node.unsubscribe(channel, subscriber));
    }

    private void begin() {
      if (closed || process.isStopped()) {
        return;
      }
      var heard = call(AGAIN.multipliedBy(50), () -> {
        node.subscribe(channel, subscriber, () -> process.deliver(this::beginLater));
        return 1;
      });
      heard.whenComplete((one, failure) -> {
        if (failure == null) {
          listener.onSubscribed();
        } else {
          node.unsubscribe(channel, subscriber);
          beginLater();
        }
      });
    }

    private void beginLater() {
      node.time.schedule(() -> process.deliver(this::begin), AGAIN);
    }

    private void onMessage(byte[] message) {
      back.send(() -> process.deliver(() -> {
        if (!closed) {
          listener.onMessage(message);
        }
      }));
    }
  }
}
