package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.Answer.Contended;
import dev.scaling.locks.Answer.Granted;
import dev.scaling.locks.Node.Again;
import dev.scaling.locks.Node.Extension;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** That the scripts do what the nodes of the simulation do, on a real Redis. */
@Timeout(120)
final class ScriptsIT {

  private static final String LOCK = "scaling:test:l:1:{test}:a";
  private static final String READERS = "scaling:test:r:1:{test}:a";
  private static final String END_READERS =
      "for _, each in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1))"
          + " do redis.call('ZADD', KEYS[1], 1, each) end";
  private static final List<String> ATTEMPTS =
      List.of("instance:1", "instance:2", "instance:3", "reader:1", "reader:2", "reader:3");
  private static final long LEASE_MICROS = 3_600_000_000L;

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private final Services services = new Services();
  private final long seed = Long.getLong("scaling.locks.seed", new Random().nextLong());
  private final Random random = new Random(seed);

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void digests_areThoseOfTheServer() {
    for (var script : List.of(
        Scripts.SHIPPED.acquire(),
        Scripts.SHIPPED.release(),
        Scripts.SHIPPED.extend(),
        Scripts.SHIPPED.watch())) {
      assertThat(servers.server().command("SCRIPT", "LOAD", script.source()))
          .isEqualTo(script.sha1());
    }
  }

  @Test
  void randomCalls_endAsInTheSimulation() throws Exception {
    var node = node();
    admit(node, 1);
    var model = new ModelNode(ModelNode.Broken.NOTHING, 0);
    model.admit(1);
    for (int i = 0; i < 2_000; i++) {
      String attempt = ATTEMPTS.get(random.nextInt(ATTEMPTS.size()));
      switch (random.nextInt(10)) {
        case 0, 1, 2 -> {
          long hint = random.nextInt(4) == 0 ? model.counter() + random.nextInt(3) : 0;
          long tokens = reads(attempt) || random.nextBoolean() ? 1 : 1 + random.nextInt(1_001);
          assertThat(acquire(node, attempt, Math.max(0, hint), tokens))
              .as("seed %d, call %d", seed, i)
              .isEqualTo(model.acquire(attempt, Math.max(0, hint), reads(attempt), tokens));
        }
        case 3, 4 -> extend(node, model, attempt, i);
        case 5, 6 -> {
          boolean had = model.isHeld(attempt);
          model.release(attempt);
          boolean said = node.release("a", attempt, false, Duration.ZERO).get();
          assertThat(said || !had).as("seed %d, call %d", seed, i).isTrue();
        }
        case 7 -> {
          model.expire();
          servers.server().command("HSET", LOCK, "ends", "0");
          servers.server().command("EVAL", END_READERS, "1", READERS);
        }
        case 8 -> {
          if (model.isFree()) {
            model.forget();
            servers.server().command("DEL", LOCK);
          }
        }
        default -> {
          if (random.nextInt(20) == 0) {
            servers.server().command("FLUSHALL");
            model.loseMemory(true);
            assertThat(acquire(node, attempt, 0, 1)).isEqualTo(ModelNode.NOT_HELD);
            assertThat(node.extend(List.of(new Extension("a", attempt, 1_000, 1, true, false)))
                    .get())
                .isNull();
            admit(node, 100 + i);
            model.admit(100 + i);
          }
        }
      }
    }
  }

  @Test
  void attemptThatWaits_isGrantedAsManyTokensAsItWants() throws Exception {
    var node = node();
    admit(node, 1);
    long first = acquire(node, "instance:1", 0, 3);
    assertThat(first).isEqualTo(4);
    assertThat(node.acquire(waiting("instance:2", 33)).get()).isInstanceOf(Contended.class);
    assertThat(node.acquire(waiting("instance:3", 1)).get()).isInstanceOf(Contended.class);

    node.release("a", "instance:1", false, Duration.ZERO).get();
    assertThat(acquire(node, "instance:2", 0, 33)).isEqualTo(first + 33);

    node.standAgain("a", "instance:2", new Again(first + 33, LEASE_MICROS, LEASE_MICROS, 33))
        .get();
    assertThat(acquire(node, "instance:3", 0, 1)).isEqualTo(first + 34);
    node.release("a", "instance:3", true, Duration.ZERO).get();
    assertThat(acquire(node, "instance:2", 0, 33)).isEqualTo(first + 67);
  }

  private static Node.Call waiting(String attempt, long tokens) {
    return new Node.Call(
        "a", attempt, LEASE_MICROS, 0, LEASE_MICROS, 0, "", Node.Access.WRITE, tokens);
  }

  private void extend(Node node, ModelNode model, String attempt, int call) throws Exception {
    long token = 1 + Math.max(0, model.counter() - 1 + random.nextInt(3));
    boolean mayRepair = random.nextBoolean();
    var counters = node.extend(
            List.of(new Extension("a", attempt, LEASE_MICROS, token, mayRepair, reads(attempt))))
        .get();
    assertThat(counters)
        .as("seed %d, call %d", seed, call)
        .containsExactly(model.extend(attempt, token, mayRepair, reads(attempt)));
  }

  private static boolean reads(String attempt) {
    return attempt.startsWith("reader");
  }

  private static long acquire(Node node, String attempt, long hint, long tokens) throws Exception {
    var access = reads(attempt) ? Node.Access.READ : Node.Access.WRITE;
    var answer = node.acquire(
            new Node.Call("a", attempt, LEASE_MICROS, hint, 0, 0, "", access, tokens))
        .get();
    return answer instanceof Granted granted ? granted.counter() : ModelNode.NOT_HELD;
  }

  private void admit(Node node, long base) throws Exception {
    var standing = node.standing("nonce:1").get();
    assertThat(standing.isMember()).isFalse();
    assertThat(node.standing("nonce:2", standing.mark(), base, 1).get().isMember())
        .isTrue();
  }

  private Node node() throws Exception {
    var builder = LockService.builder("test").nodeTimeout(Duration.ofSeconds(10));
    var redis = services.redis(servers.address());
    return new Node(0, "node-a", redis, builder, Keys.of("scaling", "test"));
  }
}
