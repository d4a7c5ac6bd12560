package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.testkit.RedisExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every script of this module is one that a real Redis takes, under the digest that we send. */
@Timeout(60)
final class ScriptsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @ParameterizedTest
  @MethodSource("names")
  void everyFile_isTakenByRedis_underItsDigest(String name) {
    var alone = LuaScript.load(RemoteTier.class, "cache", name);
    var fenced = LuaScript.load(RemoteTier.class, "cache", name, "fences");

    assertThat(List.of(alone, fenced))
        .allSatisfy(
            script -> assertThat(servers.server().command("SCRIPT", "LOAD", script.source()))
                .isEqualTo(script.sha1()));
  }

  private static List<String> names() throws IOException {
    try (var files = Files.list(Path.of("src/main/resources/META-INF/scaling/cache"))) {
      return files
          .map(file -> file.getFileName().toString().replace(".lua", ""))
          .sorted()
          .toList();
    }
  }
}
