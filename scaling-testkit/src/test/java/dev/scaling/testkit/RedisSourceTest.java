package dev.scaling.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.opentest4j.TestAbortedException;

@Timeout(60)
final class RedisSourceTest {

  private static final String NO_ENGINE = "unix:///nowhere/docker.sock";

  @Test
  void urls_comeFirst() {
    var source = choose(Map.of(
        RedisSource.URLS, "redis://a:1, redis://:secret@b:2",
        RedisSource.MODE, "docker",
        RedisSource.BINARY, "/bin/sh"));

    assertThat(source.addresses()).containsExactly("redis://a:1", "redis://:secret@b:2");
    assertThat(source.launcher()).isNull();
    assertThat(source.description()).isEqualTo("2 servers of SCALING_REDIS_URLS");
  }

  @Test
  void binary_comesBeforeTheEmbeddedOne() {
    assertThat(choose(Map.of(RedisSource.BINARY, "/bin/sh")).description())
        .isEqualTo("the binary of SCALING_REDIS_BINARY");
  }

  @Test
  void embeddedBinary_isTheDefault() {
    assertThat(choose(Map.of("DOCKER_HOST", NO_ENGINE)).description())
        .isEqualTo("the embedded Redis 7.0.15");
  }

  @Test
  void docker_withoutAnEngine_saysAllThatWouldHelp() {
    assertThatIllegalStateException()
        .isThrownBy(() -> choose(Map.of(RedisSource.MODE, "docker", "DOCKER_HOST", NO_ENGINE)))
        .withMessageContainingAll(
            "no Redis server for tests (SCALING_REDIS_MODE=docker)",
            RedisSource.URLS,
            RedisSource.BINARY,
            "embedded-redis",
            "PATH",
            "testcontainers");
  }

  @Test
  void docker_withAnEngine_takesTheImageThatIsNamed(@TempDir Path directory) throws Exception {
    Path socket = directory.resolve("docker.sock");
    try (var engine = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      engine.bind(UnixDomainSocketAddress.of(socket));

      var source = choose(Map.of(
          RedisSource.MODE,
          "docker",
          RedisSource.IMAGE,
          "valkey/valkey:8-alpine",
          "DOCKER_HOST",
          "unix://" + socket));

      assertThat(source.description()).isEqualTo("containers of valkey/valkey:8-alpine");
    }
  }

  @Test
  void engine_isRecognisedOverTcp() throws Exception {
    int port;
    try (var engine = new ServerSocket()) {
      engine.bind(new InetSocketAddress(Ports.loopback(), 0));
      port = engine.getLocalPort();
      assertThat(DockerEngine.answers("tcp://127.0.0.1:" + port)).isTrue();
    }
    assertThat(DockerEngine.answers("tcp://127.0.0.1:" + port)).isFalse();
    assertThat(DockerEngine.answers("npipe:////./pipe/docker_engine")).isFalse();
    assertThat(DockerEngine.answers("not a url")).isFalse();
  }

  @Test
  void badSettings_areNamedWithTheirValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> choose(Map.of(RedisSource.MODE, "podman")))
        .withMessage("SCALING_REDIS_MODE must be process or docker: podman");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> choose(Map.of(RedisSource.BINARY, "/nowhere/redis-server")))
        .withMessage("SCALING_REDIS_BINARY must be an executable file: /nowhere/redis-server");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> choose(Map.of(RedisSource.URLS, "localhost:6379")))
        .withMessage("an address must be redis://[[user]:password@]host:port: localhost:6379");
  }

  @Test
  void strangersServers_areNeitherTiedTogetherNorInvented() {
    var source = choose(Map.of(RedisSource.URLS, "redis://a:1,redis://b:2"));

    assertThat(source.topology(2, new Shape.Independent()).addresses())
        .containsExactly("redis://a:1", "redis://b:2");
    assertThatThrownBy(() -> source.topology(3, new Shape.Independent()))
        .isInstanceOf(TestAbortedException.class)
        .hasMessageContaining("needs 3 servers, and SCALING_REDIS_URLS names 2");
    assertThatThrownBy(() -> source.topology(2, new ReplicaShape()))
        .isInstanceOf(TestAbortedException.class)
        .hasMessageContaining("tied together");
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, /redis-server-7.0.15-linux-amd64",
    "Linux, aarch64, /redis-server-7.0.15-linux-arm64",
    "Linux, i386, /redis-server-7.0.15-linux-386",
    "Mac OS X, x86_64, /redis-server-7.0.15-darwin-amd64",
    "Mac OS X, aarch64, /redis-server-7.0.15-darwin-arm64",
    "Windows 11, amd64,",
    "Linux, riscv64,",
  })
  void embeddedBinary_isThatOfThePlatform(String os, String architecture, String resource) {
    assertThat(Binaries.embedded(os, architecture)).isEqualTo(resource);
  }

  @Test
  void pathIsSearched(@TempDir Path directory) throws Exception {
    Path server = Files.createFile(directory.resolve("valkey-server"));
    assertThat(Binaries.onPath(directory.toString())).isNull();

    assertThat(server.toFile().setExecutable(true)).isTrue();

    assertThat(Binaries.onPath("/nowhere::" + directory)).isEqualTo(server);
  }

  private static RedisSource choose(Map<String, String> settings) {
    return RedisSource.choose(settings::get);
  }
}
