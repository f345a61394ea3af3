package modes

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitGlyph(t *testing.T) {
	for name, want := range map[string][2]string{
		"Code": {"C", "Code"}, "🏗️ Architect": {"🏗️", "Architect"}, "👩‍💻 Coder": {"👩‍💻", "Coder"}, "🇨🇭 Swiss": {"🇨🇭", "Swiss"},
		"🇨🇭🇩🇪 Both": {"🇨🇭", "🇩🇪 Both"}, "👍🏽 Fine": {"👍🏽", "Fine"}, "🧪": {"🧪", "🧪"}, "测试": {"测", "测试"}, "<b>": {"<", "<b>"}, "": {"?", ""},
	} {
		glyph, label := splitGlyph(name)
		require.Equal(t, want, [2]string{glyph, label}, name)
	}
}
