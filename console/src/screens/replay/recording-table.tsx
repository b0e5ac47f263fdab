import { Button } from '../../design/button.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { strings } from '../../strings.ts';
import { bytesText } from '../operate/texts.ts';
import type { RecordingView } from './replay-types.ts';

const texts = strings.replay.files;

/** The recordings on the node, one of which is chosen. */
export function RecordingTable({
  recordings,
  chosen,
  onChoose,
}: {
  readonly recordings: readonly RecordingView[];
  readonly chosen: string | undefined;
  onChoose(name: string): void;
}) {
  const columns: readonly Column<RecordingView>[] = [
    {
      name: 'name',
      label: texts.name,
      cell: ({ name }) => (
        <Button
          look="quiet"
          isSmall
          className="replay-file"
          aria-label={texts.choose(name)}
          aria-pressed={name === chosen}
          onClick={() => onChoose(name)}
        >
          {name}
        </Button>
      ),
    },
    { name: 'format', label: texts.format, cell: ({ format }) => texts.formats[format] },
    { name: 'size', label: texts.size, isNumber: true, cell: ({ bytes }) => bytesText(bytes) },
  ];
  return <Table label={texts.list} columns={columns} rows={recordings} keyOf={({ name }) => name} />;
}
