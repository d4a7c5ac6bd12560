package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That the servers of a simulation answer as the scripts do on a real Redis, and say the same. */
@Timeout(180)
final class SimulationIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Scripts SCRIPTS = Scripts.withClock("told");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final long LEASE = 1_000;
  private static final String LOCK = "a\0b"; // a name that C would end in the middle
  private static final Keys KEYS = Keys.of("scaling", "test");
  private static final String LISTENS = KEYS.channel("one"); // nobody does for the other instance
  private static final List<String> ATTEMPTS =
      List.of("one:1", "one:2", "one:3", "one:4", "two:1", "two:2");

  private final Services services = new Services();
  private final long seed = Long.getLong("scaling.locks.seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final List<String> said = new ArrayList<>();
  private long now = 1_700_000_000_000_000L;

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void randomCalls_areAnsweredAlike() throws Exception {
    var redis = services.redis(servers.address());
    services.opened(redis.subscribe(LISTENS, new Ear()));
    await().until(() -> publish(redis, "hello") == 1);
    String run = admit(redis);
    var model = new SimulatedScripts(
        () -> now, () -> 0, this::say, run, Seeded.NOTHING); // nothing expires here or there
    model.run("watch", List.of(KEYS.node()), args("nonce:1", "", "0", "1"));
    model.run("watch", List.of(KEYS.node()), args("nonce:1", run + ":nonce:1", "7", "1"));
    for (int i = 0; i < 5_000; i++) {
      now += random.nextInt(3) == 0 ? random.nextLong(LEASE / 2) : 0;
      tell();
      var call = call();
      var reply = redis.eval(call.script, call.keys, call.args, TIMEOUT).get();
      assertThat(texts(reply))
          .as("seed %d, call %d: %s %s", seed, i, call.script.name(), texts(call.args))
          .isEqualTo(texts(model.run(call.script.name(), call.keys, call.args)));
    }
    publish(redis, "end");
    await().until(() -> heard.contains("end"));
    assertThat(heard.stream().filter(each -> each.contains(":")).toList()).isEqualTo(said);
    assertThat(said).hasSizeGreaterThan(100);
  }

  private Call call() {
    String attempt = ATTEMPTS.get(random.nextInt(ATTEMPTS.size()));
    return switch (random.nextInt(8)) {
      case 0, 1, 2, 3 -> acquire(attempt);
      case 4 -> release(attempt, "0");
      case 5 -> release(attempt, isReader(attempt) ? "0" : String.valueOf(random.nextInt(600)));
      default -> extend(attempt);
    };
  }

  private Call acquire(String attempt) {
    String released = switch (random.nextInt(6)) {
      case 0 -> " " + ATTEMPTS.get(random.nextInt(2));
      case 1 -> " one:1 one:4";
      default -> "";
    };
    return new Call(
        SCRIPTS.acquire(),
        KEYS.all(LOCK, attempt),
        args(String.join(
            " ",
            attempt,
            String.valueOf(LEASE + random.nextLong(LEASE)),
            String.valueOf(random.nextInt(20) == 0 ? random.nextInt(600) : 0),
            random.nextInt(4) == 0 ? "0" : String.valueOf(random.nextLong(4 * LEASE)),
            String.valueOf(random.nextBoolean() ? 0 : now + random.nextLong(-100_000, 100_000)),
            random.nextBoolean() ? "1" : "0",
            isReader(attempt) ? String.valueOf(1 + random.nextInt(2)) : "0",
            tokens(attempt) + (released.contains(attempt) ? "" : released))));
  }

  private Call release(String attempt, String counter) {
    return new Call(
        SCRIPTS.release(),
        KEYS.all(LOCK, attempt),
        args(attempt
            + (random.nextInt(4) == 0 ? " 0" : " 1")
            + " 0"
            + (counter.equals("0") ? "" : again(attempt, counter))));
  }

  private String again(String attempt, String counter) {
    return " " + counter + " " + LEASE + " " + LEASE + " 1 " + tokens(attempt);
  }

  /** Extends the lease of an attempt, and one of a lock that nobody has. */
  private Call extend(String attempt) {
    boolean reads = isReader(attempt);
    List<String> names = new ArrayList<>(List.of(KEYS.node()));
    if (reads) {
      names.add(KEYS.readers(LOCK));
    }
    names.addAll(List.of(KEYS.lock(LOCK), KEYS.readers("b"), KEYS.lock("b")));
    String token = String.valueOf(1 + random.nextInt(600));
    String mode = reads ? "2" : random.nextBoolean() ? "1" : "0";
    return new Call(
        SCRIPTS.extend(),
        names,
        args(attempt, String.valueOf(LEASE), token, mode, "one:9", "1000", "1", "2"));
  }

  private String tokens(String attempt) {
    return isReader(attempt) || random.nextBoolean() ? "1" : String.valueOf(1 + random.nextInt(3));
  }

  private static boolean isReader(String attempt) {
    return attempt.endsWith("1") || attempt.endsWith("2");
  }

  private String admit(Redis redis) throws Exception {
    tell();
    var first = eval(redis, "nonce:1", "", "0", "1");
    eval(redis, "nonce:1", first.get(1) + ":nonce:1", "7", "1");
    return first.get(1);
  }

  private List<String> eval(Redis redis, String... args) throws Exception {
    return texts(
        redis.eval(SCRIPTS.watch(), List.of(KEYS.node()), args(args), TIMEOUT).get());
  }

  private void tell() {
    servers.server().command("SET", "clock", String.valueOf(now));
  }

  private int say(String channel, byte[] message) {
    if (!channel.equals(LISTENS)) {
      return 0;
    }
    said.add(new String(message, UTF_8));
    return 1;
  }

  private static long publish(Redis redis, String text) throws Exception {
    return redis.publish(LISTENS, text.getBytes(UTF_8), TIMEOUT).get();
  }

  private static List<byte[]> args(String... texts) {
    return List.of(texts).stream().map(text -> text.getBytes(UTF_8)).toList();
  }

  private static List<String> texts(List<? extends @Nullable Object> elements) {
    return elements.stream()
        .map(each -> each instanceof byte[] bytes ? new String(bytes, UTF_8) : String.valueOf(each))
        .toList();
  }

  private final class Ear implements Redis.Listener {

    @Override
    public void onMessage(byte[] message) {
      heard.add(new String(message, UTF_8));
    }

    @Override
    public void onSubscribed() {}
  }

  private record Call(LuaScript script, List<String> keys, List<byte[]> args) {}
}
