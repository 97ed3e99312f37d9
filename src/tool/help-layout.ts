import { type Command, Help, type HelpConfiguration } from 'commander'

/** What stands in the left column is at most so wide; longer names have a line of their own. */
const termWidthMax = 32

const plain = new Help()

/** The help of every command: it is read in 80 columns, too. */
export const helpLayout: HelpConfiguration = {
  padWidth: (command: Command, helper: Help) =>
    Math.min(plain.padWidth(command, helper), termWidthMax),
  formatItem(term: string, termWidth: number, description: string, helper: Help) {
    if (helper.displayWidth(term) <= termWidth || description === '') {
      return plain.formatItem(term, termWidth, description, helper)
    }
    return `  ${term}\n${plain.formatItem('', termWidth, description, helper)}`
  },
}
