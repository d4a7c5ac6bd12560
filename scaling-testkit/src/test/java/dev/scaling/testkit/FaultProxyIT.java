package dev.scaling.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.scaling.testkit.FaultProxy.Mode;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(30)
final class FaultProxyIT {

  @RegisterExtension
  static final RedisExtension redis = RedisExtension.single();

  private FaultProxy proxy;
  private Socket client;

  @BeforeEach
  void connect() throws IOException {
    proxy = FaultProxy.to(redis.server());
    client = open();
    assertThat(ask(client, "PING")).as("once it is accepted").isEqualTo("+PONG");
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    proxy.close();
  }

  @Test
  void pass_carriesBothWays() throws Exception {
    assertThat(ask(client, "INCR runs")).isEqualTo(":1");
    assertThat(ask(client, "INCR runs")).isEqualTo(":2");
    assertThat(proxy.connections()).isEqualTo(1);

    client.close();
    await().until(() -> proxy.connections() == 0);
  }

  @Test
  void blackHole_keepsConnectionsOpen_andRunsNothing() throws Exception {
    proxy.mode(Mode.BLACK_HOLE);

    assertUnanswered(client, "INCR runs");
    assertThat(runs()).isNull();
  }

  @Test
  void directionThatLostSomething_carriesNothingMore() throws Exception {
    proxy.mode(Mode.BLACK_HOLE);
    assertUnanswered(client, "INCR runs");

    proxy.mode(Mode.PASS);
    assertUnanswered(client, "INCR runs");

    try (Socket another = open()) {
      assertThat(ask(another, "INCR runs")).isEqualTo(":1");
    }
  }

  @Test
  void dropRequests_stillCarriesWhatTheServerSends() throws Exception {
    assertThat(ask(client, "SUBSCRIBE news")).isEqualTo("*3");
    assertThat(readLines(client, 5)).endsWith(":1");

    proxy.mode(Mode.DROP_REQUESTS);
    send(client, "UNSUBSCRIBE news");

    assertThat(redis.server().command("PUBLISH", "news", "hello")).isEqualTo(1L);
    assertThat(readLines(client, 7)).endsWith("hello");
  }

  @Test
  void dropReplies_runsCommandsAndLosesTheirReplies() throws Exception {
    proxy.mode(Mode.DROP_REPLIES);

    assertUnanswered(client, "INCR runs");
    assertThat(runs()).isEqualTo("1");
  }

  @Test
  void halfOpen_acceptsAndAnswersNothing() throws Exception {
    proxy.mode(Mode.HALF_OPEN);

    try (Socket another = open()) {
      assertUnanswered(another, "INCR runs");
      proxy.mode(Mode.PASS);
      assertUnanswered(another, "INCR runs");
    }
    assertThat(runs()).isNull();
  }

  @Test
  void resetAfterWrite_runsTheCommandOnce_andOnlyTheReplyIsLost() throws Exception {
    proxy.mode(Mode.RESET_AFTER_WRITE);

    assertThatThrownBy(() -> ask(client, "INCR runs"))
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
    assertThat(runs()).isEqualTo("1");

    assertThat(proxy.mode()).isEqualTo(Mode.PASS);
    try (Socket another = open()) {
      assertThat(ask(another, "INCR runs")).isEqualTo(":2");
    }
  }

  @Test
  void resetAfterWrite_losesNoCommandOfAPipeline() throws Exception {
    proxy.mode(Mode.RESET_AFTER_WRITE);

    send(client, "INCR runs\r\nINCR runs\r\nINCR runs");

    assertThatThrownBy(() -> readLine(client)).isInstanceOf(SocketException.class);
    assertThat(runs()).isEqualTo("3");
  }

  /** The reply that comes first may be that of an earlier command. */
  @Test
  void resetAfterWrite_waitsUntilTheServerHasReadAll() throws Exception {
    var read = new ConcurrentLinkedQueue<String>();
    var firstRead = new CountDownLatch(1);
    var secondSent = new CountDownLatch(1);
    try (var listener = new ServerSocket(0, 1, Ports.loopback());
        var another = FaultProxy.to("127.0.0.1", listener.getLocalPort());
        var early = new Socket(Ports.loopback(), another.port())) {
      var slowServer = CompletableFuture.runAsync(() -> {
        try (var socket = listener.accept()) {
          read.add(readLine(socket));
          firstRead.countDown();
          secondSent.await();
          send(socket, "+first");
          LockSupport.parkNanos(100_000_000);
          read.add(readLine(socket));
        } catch (Exception e) {
          throw new CompletionException(e);
        }
      });
      send(early, "first");
      firstRead.await();
      another.mode(Mode.RESET_AFTER_WRITE);
      send(early, "second");
      await().until(() -> another.mode() == Mode.PASS);
      secondSent.countDown();

      assertThatThrownBy(() -> readLine(early)).isInstanceOf(SocketException.class);
      assertThat(read).containsExactly("first", "second");
      slowServer.get();
    }
  }

  @Test
  void refuse_closesTheListener_untilTheNextMode() throws Exception {
    proxy.mode(Mode.REFUSE);

    assertThatThrownBy(this::open).isInstanceOf(ConnectException.class);
    assertThat(ask(client, "INCR runs")).isEqualTo(":1");

    proxy.mode(Mode.PASS);
    try (Socket another = open()) {
      assertThat(ask(another, "INCR runs")).isEqualTo(":2");
    }
  }

  @Test
  void delay_holdsBackEachWay() throws Exception {
    proxy.delay(Duration.ofMillis(150));

    long startNanos = System.nanoTime();
    assertThat(ask(client, "INCR runs")).isEqualTo(":1");

    assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
        .isGreaterThanOrEqualTo(Duration.ofMillis(300));
  }

  @Test
  void cutConnections_resetsClients_whoMayConnectAgain() throws Exception {
    assertThat(ask(client, "INCR runs")).isEqualTo(":1");

    proxy.cutConnections();

    assertThatThrownBy(() -> readLine(client)).isInstanceOf(SocketException.class);
    assertThat(proxy.connections()).isZero();
    try (Socket another = open()) {
      assertThat(ask(another, "INCR runs")).isEqualTo(":2");
    }
  }

  @Test
  void serverThatIsAway_resetsClients_andIsReachedOnceItIsBack() throws Exception {
    redis.server().kill();

    assertThatThrownBy(this::openAndAsk).isInstanceOf(SocketException.class);
    redis.server().restart();
    try (Socket later = open()) {
      assertThat(ask(later, "PING")).isEqualTo("+PONG");
    }
  }

  /** A reset may be as quick as the connection. */
  private void openAndAsk() throws Exception {
    try (Socket early = open()) {
      ask(early, "PING");
    }
  }

  @Test
  void closedProxy_leavesNoThread() {
    String name = "fault-proxy-" + proxy.port();
    proxy.close();
    proxy.close();

    await()
        .until(() -> Thread.getAllStackTraces().keySet().stream()
            .noneMatch(thread -> thread.getName().startsWith(name)));
    assertThatIllegalStateException().isThrownBy(() -> proxy.mode(Mode.PASS));
  }

  private Socket open() throws IOException {
    var socket = new Socket(Ports.loopback(), proxy.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private Object runs() {
    return redis.server().command("GET", "runs");
  }

  private static void assertUnanswered(Socket socket, String command) throws IOException {
    socket.setSoTimeout(250);
    assertThatThrownBy(() -> ask(socket, command)).isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(10_000);
  }

  private static String ask(Socket socket, String command) throws IOException {
    send(socket, command);
    return readLine(socket);
  }

  private static void send(Socket socket, String command) throws IOException {
    socket.getOutputStream().write((command + "\r\n").getBytes(UTF_8));
  }

  private static String readLines(Socket socket, int count) throws IOException {
    var lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append(readLine(socket)).append('\n');
    }
    return lines.toString().strip();
  }

  private static String readLine(Socket socket) throws IOException {
    var line = new StringBuilder();
    for (int b = socket.getInputStream().read();
        b != '\n';
        b = socket.getInputStream().read()) {
      if (b < 0) {
        throw new EOFException();
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }
}
