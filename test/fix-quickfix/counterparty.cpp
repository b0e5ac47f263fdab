// A QuickFIX counterparty for tests and benchmarks, driven by lines.
//
//   counterparty SETTINGS [echo]
//
// SETTINGS is a QuickFIX session settings file with one session, and with Username and Password where the Logon is to bring them.
// Each line of standard input is an application message, `MsgType|tag=value|tag=value|...`, which is sent; at its end the program
// ends without a Logout. Each line of standard output is `logon`, `logout`, or `in` and an application message or a Reject with
// | for SOH. With `echo` it is an acceptor that answers every NewOrderSingle with an ExecutionReport, and says nothing.
#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Log.h>
#include <quickfix/Message.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/SocketInitiator.h>

#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

namespace {
class Counterparty : public FIX::Application {
 public:
  Counterparty(const FIX::SessionSettings& settings, bool echo) : settings_(settings), echo_(echo) {}

  void onCreate(const FIX::SessionID& id) override { id_ = id; }
  void onLogon(const FIX::SessionID&) override { say("logon"); }
  void onLogout(const FIX::SessionID&) override { say("logout"); }
  void toAdmin(FIX::Message& message, const FIX::SessionID& id) override {
    // What this side refuses of what it was sent.
    if (message.getHeader().getField(35) == "3") say("refused " + text(message));
    const FIX::Dictionary& terms = settings_.get(id);
    if (message.getHeader().getField(35) != "A" || !terms.has("Username")) return;
    message.setField(553, terms.getString("Username"));
    message.setField(554, terms.getString("Password"));
  }
  void fromAdmin(const FIX::Message& message, const FIX::SessionID&)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) override {
    if (message.getHeader().getField(35) == "3") say("in " + text(message));
  }
  void toApp(FIX::Message& message, const FIX::SessionID&) throw(FIX::DoNotSend) override {
    if (message.getHeader().getField(35) == "j") say("refused " + text(message));
  }
  void fromApp(const FIX::Message& message, const FIX::SessionID& id)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::UnsupportedMessageType) override {
    if (echo_) answer(message, id);
    else say("in " + text(message));
  }

  void send(const std::string& line) {
    FIX::Message message;
    std::stringstream fields(line);
    std::string field;
    std::getline(fields, field, '|');
    message.getHeader().setField(35, field);
    const bool isMarketData = field == "V";
    while (std::getline(fields, field, '|')) {
      const std::size_t equals = field.find('=');
      if (equals == std::string::npos) continue;
      const int tag = std::stoi(field.substr(0, equals));
      const std::string value = field.substr(equals + 1);
      // The groups of a MarketDataRequest; their counts follow from them.
      if (isMarketData && (tag == 269 || tag == 55)) {
        FIX::Group entry(tag == 269 ? 267 : 146, tag);
        entry.setField(tag, value);
        message.addGroup(entry);
      } else message.setField(tag, value);
    }
    if (message.isSetField(60) && message.getField(60) == "now") message.setField(FIX::TransactTime(FIX::UtcTimeStamp(), 3));
    FIX::Session::sendToTarget(message, id_);
  }

 private:
  void answer(const FIX::Message& order, const FIX::SessionID& id) {
    if (order.getHeader().getField(35) != "D") return;
    FIX::Message report;
    report.getHeader().setField(35, "8");
    const std::string number = std::to_string(++reports_);
    report.setField(37, number);
    report.setField(17, number);
    report.setField(150, "0");
    report.setField(39, "0");
    report.setField(11, order.getField(11));
    for (int tag : {55, 54, 38, 44}) report.setField(tag, order.getField(tag));
    report.setField(151, order.getField(38));
    report.setField(14, "0");
    report.setField(6, "0");
    report.setField(FIX::TransactTime(FIX::UtcTimeStamp(), 3));
    FIX::Session::sendToTarget(report, id);
  }

  void say(const std::string& line) {
    if (echo_) return;
    std::lock_guard<std::mutex> guard(lock_);
    std::cout << line << "\n" << std::flush;
  }

  static std::string text(const FIX::Message& message) {
    std::string text = message.toString();
    for (char& c : text)
      if (c == '\x01') c = '|';
    return text;
  }

  const FIX::SessionSettings& settings_;
  const bool echo_;
  FIX::SessionID id_;
  std::mutex lock_;
  long reports_ = 0;
};
}  // namespace

int main(int argc, char** argv) {
  try {
    const bool echo = argc > 2 && std::string(argv[2]) == "echo";
    const FIX::SessionSettings settings(argv[1]);
    Counterparty application(settings, echo);
    FIX::FileStoreFactory store(settings);
    if (echo) {
      FIX::SocketAcceptor acceptor(application, store, settings);
      acceptor.start();
      std::cout << "ready\n" << std::flush;
      std::string line;
      while (std::getline(std::cin, line)) {
      }
      acceptor.stop(true);
      return 0;
    }
    FIX::SocketInitiator initiator(application, store, settings);
    initiator.start();
    std::string line;
    while (std::getline(std::cin, line)) application.send(line);
    std::_Exit(0);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
