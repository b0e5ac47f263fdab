export default function SetupScreen() {
  return <div className="page" />;
}
