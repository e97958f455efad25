import jakarta.servlet.ServletContext;
import jakarta.websocket.OnMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpoint;
import java.io.File;
import java.nio.ByteBuffer;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat.FixContextListener;
import org.apache.tomcat.websocket.server.WsSci;

public class Tomcat {
  @ServerEndpoint("/")
  public static class Echo {
    @OnMessage(maxMessageSize = 1 << 24)
    public String text(String message) {
      return message;
    }

    @OnMessage(maxMessageSize = 1 << 24)
    public ByteBuffer binary(ByteBuffer message) {
      return message;
    }
  }

  public static void main(String[] arguments) throws Exception {
    org.apache.catalina.startup.Tomcat server = new org.apache.catalina.startup.Tomcat();
    File base = java.nio.file.Files.createTempDirectory("tomcat").toFile();
    base.deleteOnExit();
    server.setBaseDir(base.getPath());
    server.setHostname("127.0.0.1");
    server.setPort(Integer.parseInt(arguments[0]));
    server.getConnector().setProperty("address", "127.0.0.1");
    Context context = server.addContext("", base.getPath());
    context.addServletContainerInitializer(new WsSci(), java.util.Set.of(Echo.class));
    org.apache.catalina.startup.Tomcat.addServlet(context, "none", new jakarta.servlet.http.HttpServlet() {});
    context.addServletMappingDecoded("/", "none");
    server.start();
    server.getServer().await();
  }
}
