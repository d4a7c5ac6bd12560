package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.core.Time;
import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A server in this process that answers at once, on the thread that calls; for many threads. */
final class InstantRedis {

  private static final long FIRST_MICROS = 1_700_000_000_000_000L;

  final List<String> called = new ArrayList<>(); // scripts; guarded by lock
  private final ReentrantLock lock = new ReentrantLock();
  private final SimulatedScripts scripts; // guarded by lock
  private final List<Runnable> messages = new ArrayList<>(); // of the script; guarded by lock
  private final Map<String, List<Redis.Listener>> listeners = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<CompletableFuture<List<@Nullable Object>>> heldBack =
      new ConcurrentLinkedQueue<>();
  private final AtomicLong calls = new AtomicLong(); // each takes a microsecond
  private volatile boolean holdsBack;

  InstantRedis(Time time) {
    scripts = new SimulatedScripts(
        () -> FIRST_MICROS + time.nanoTime() / 1_000 + calls.incrementAndGet(),
        time::currentTimeMillis,
        this::publish,
        "0".repeat(40),
        Seeded.NOTHING);
  }

  @SuppressWarnings("unchecked") // the port's signatures say so
  Redis port() {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(),
        new Class<?>[] {Redis.class},
        (proxy, method, args) -> switch (method.getName()) {
          case "eval" -> eval((LuaScript) args[0], (List<String>) args[1], (List<byte[]>) args[2]);
          case "publish" -> CompletableFuture.completedFuture(1L);
          case "subscribe" -> subscribe((String) args[0], (Redis.Listener) args[1]);
          case "equals" -> proxy == args[0];
          case "hashCode" -> 1;
          case "toString" -> "InstantRedis";
          default -> throw new UnsupportedOperationException(method.getName());
        });
  }

  /** Returns whether an attempt has a lock of the service {@code test}. */
  boolean has(String name, String attempt) {
    var keys = Keys.of("scaling", "test").all(name, attempt);
    return locked(() -> scripts.has(keys, attempt, /* reads= */ false));
  }

  /** Runs a script of somebody else, who takes a lock away for instance. */
  void release(String name, String attempt) {
    var keys = Keys.of("scaling", "test").all(name, attempt);
    List<byte[]> args = List.of((attempt + " 0 0").getBytes(UTF_8));
    locked(() -> scripts.run("release", keys, args));
  }

  List<String> called() {
    return locked(() -> {
      var all = List.copyOf(called);
      called.clear();
      return all;
    });
  }

  /** Holds replies back from now on, until {@link #answer}. */
  void holdBack() {
    holdsBack = true;
  }

  /** Lets go of the replies that were held back. */
  void answer() {
    holdsBack = false;
    for (var reply = heldBack.poll(); reply != null; reply = heldBack.poll()) {
      reply.complete(null);
    }
  }

  private CompletableFuture<List<@Nullable Object>> eval(
      LuaScript script, List<String> keys, List<byte[]> args) {
    List<Runnable> sent = new ArrayList<>();
    var reply = locked(() -> {
      called.add(script.name());
      var answer = scripts.run(script.name(), keys, args);
      sent.addAll(messages);
      messages.clear();
      return answer;
    });
    sent.forEach(Runnable::run);
    if (!holdsBack) {
      return CompletableFuture.completedFuture(reply);
    }
    var later = new CompletableFuture<List<@Nullable Object>>();
    heldBack.add(later);
    return later.thenApply(none -> reply);
  }

  private int publish(String channel, byte[] message) {
    var all = listeners.getOrDefault(channel, List.of());
    all.forEach(each -> messages.add(() -> each.onMessage(message)));
    return all.size();
  }

  private Redis.Subscription subscribe(String channel, Redis.Listener listener) {
    listeners.put(channel, List.of(listener));
    listener.onSubscribed();
    return () -> listeners.remove(channel);
  }

  private <T extends @Nullable Object> T locked(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }
}
