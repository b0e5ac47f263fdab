import type { ScreenProps } from '../../screens.ts';

export default function TradeScreen({ rest }: ScreenProps) {
  return <div className="page">{rest[0]}</div>;
}
