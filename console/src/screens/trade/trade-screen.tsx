import type { ScreenProps } from '../screen-props.ts';

export default function TradeScreen({ rest }: ScreenProps) {
  return <div className="page">{rest[0]}</div>;
}
