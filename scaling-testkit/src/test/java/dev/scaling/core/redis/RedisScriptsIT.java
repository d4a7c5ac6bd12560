package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.INCREMENT;
import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.connected;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
final class RedisScriptsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private final Redis redis = connected(servers.address());

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void replies_keepTheirTypes() throws Exception {
    var script = LuaScript.of(
        "types",
        "return {1, 'text', false, {2, {'deep', -3}, {}}, redis.status_reply('FINE'), true, 2.9}");

    List<Object> reply = reply(redis.eval(script, List.of("key"), List.of(), LONG));

    assertThat(readable(reply)).hasToString("[1, text, null, [2, [deep, -3], []], FINE, 1, 2]");
  }

  @Test
  void emptyReplies_areEmpty() throws Exception {
    for (String source : List.of("return {}", "return false", "")) {
      var script = LuaScript.of("empty", source);
      assertThat(reply(redis.eval(script, List.of("key"), List.of(), LONG))).isEmpty();
    }
  }

  @Test
  void keysAndArguments_arriveInOrder() throws Exception {
    var script = LuaScript.of("echo", "return {KEYS[1], KEYS[2], ARGV[1], ARGV[2], #KEYS, #ARGV}");

    List<Object> reply =
        reply(redis.eval(script, List.of("{ö}a", "{ö}b"), List.of(bytes("x"), bytes("")), LONG));

    assertThat(reply).containsExactly(bytes("{ö}a"), bytes("{ö}b"), bytes("x"), bytes(""), 2L, 2L);
  }

  @Test
  void digest_isTheServers() {
    var script = LuaScript.of("wört", "-- ünïcode\nreturn {'wört'}\n");

    assertThat(servers.server().command("SCRIPT", "LOAD", script.source()))
        .isEqualTo(script.sha1());
  }

  @Test
  void unknownScript_runsOnce_atOneCommandMore() throws Exception {
    reply(redis.get("key", LONG));
    servers.server().command("SCRIPT", "FLUSH");
    try (var sent = CommandCounter.sentTo(servers.server())) {
      assertThat(reply(increment(redis, "runs", LONG))).containsExactly(1L);
      assertThat(reply(increment(redis, "runs", LONG))).containsExactly(2L);

      assertThat(sent.counts()).containsEntry("evalsha", 2L).containsEntry("eval", 1L);
    }
    assertThat(servers.server().command("GET", "runs")).isEqualTo("2");
  }

  /** In a pipeline the one that is unknown must not take the others with it. */
  @Test
  void unknownScripts_amongOtherCalls_runOnceEach() throws Exception {
    var other = LuaScript.of("other", "return {redis.call('INCRBY', KEYS[1], 100)}");
    for (int round = 1; round <= 5; round++) {
      servers.server().command("SCRIPT", "FLUSH");
      var calls = new ArrayList<CompletableFuture<?>>();
      for (int i = 0; i < 100; i++) {
        calls.add(redis.eval(i % 2 == 0 ? INCREMENT : other, List.of("runs"), List.of(), LONG));
        calls.add(redis.get("key", LONG));
      }
      for (var call : calls) {
        reply(call);
      }

      assertThat(servers.server().command("GET", "runs")).isEqualTo("" + round * 5_050);
    }
  }

  @Test
  void failingScript_isRejected_withWhatItDidBefore() {
    var script = LuaScript.of(
        "fails", "redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('LPUSH', KEYS[1], 'x')}");

    var failure =
        failure(redis.eval(script, List.of("secret-key"), List.of(bytes("secret-value")), LONG));

    assertThat(failure.failure()).isEqualTo(Failure.REJECTED);
    assertThat(failure)
        .hasMessageContaining("EVALSHA fails")
        .hasMessageContaining("WRONGTYPE")
        .hasMessageNotContaining("secret");
    assertThat(servers.server().command("GET", "secret-key")).isEqualTo("secret-value");
  }

  @Test
  void scriptThatReturnsNoArray_isRefusedWithTheReason() {
    var script = LuaScript.of("number", "return 1");

    var failure = failure(redis.eval(script, List.of("key"), List.of(), LONG));

    assertThat(failure.failure()).isEqualTo(Failure.REJECTED);
    assertThat(failure).hasMessageContaining("reply was not understood");
  }

  @Test
  void noKeys_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> redis.eval(INCREMENT, List.of(), List.of(), LONG))
        .withMessage("keys must not be empty: increment");
  }

  @Test
  void arguments_areThoseOfTheCall_whateverTheCallerDoesToItsListsLater() throws Exception {
    var script = LuaScript.of("echo later", "return {KEYS[1], ARGV[1]}");
    var keys = new ArrayList<>(List.of("key"));
    var args = new ArrayList<>(List.of(bytes("arg")));

    var call = redis.eval(script, keys, args, LONG);
    keys.clear();
    args.clear();

    assertThat(reply(call)).containsExactly(bytes("key"), bytes("arg"));
  }

  private static Object readable(Object reply) {
    if (reply instanceof List<?> list) {
      return list.stream().map(RedisScriptsIT::readable).map(String::valueOf).toList();
    }
    return reply instanceof byte[] text ? new String(text, UTF_8) : reply;
  }
}
